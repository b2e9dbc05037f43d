"""The door as a resource of the API server: the pod watches its own TradingAccount and reports.

Rule 1: reading never waits; what is known is kept here and renewed by ``run``.
Rule 2: what needs the API server happens on the loop of ``run``, whoever asks for it.
"""

import asyncio
import concurrent.futures
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from typing_extensions import override

from botapi.labels import RUNNER_MANAGER
from botapi.v1alpha1.account import TradingAccount
from botapi.v1alpha1.status import AccountStatus, Admission
from botapi.v1alpha1.strategies import Strategy
from botrunner.account_resource import stop_file
from botrunner.account_resource.copies import Copies
from botrunner.account_resource.kube_api import ApiPlace, ApiServer, ApiUnreachableError
from botrunner.account_resource.kube_events import EventPost, Subject
from botrunner.account_resource.kube_follow import Address, Follower
from botrunner.account_resource.kube_latch import Latch
from botrunner.account_resource.kube_reading import newer, status_of
from botrunner.account_resource.kube_report import StatusWriter
from botrunner.account_resource.kube_view import Folders, Told, View
from botrunner.account_resource.port import AccountResource, Notice, Reading
from botrunner.domain.emergency import EmergencyStop, StopPolicy
from botrunner.exchanges.credentials import Credentials
from botrunner.service.clock import Clock

LOOK_SECONDS = 0.2
"""How often keys and stop file are looked at."""
_REPORT_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """Who this is, where it is, and what it has mounted."""

    address: Address
    name: str
    """Of the pod; empty outside of one."""
    place: ApiPlace
    folders: Folders
    version: str


class KubeResource(AccountResource):
    """One TradingAccount of the API server. ``run`` has to be running for anything to change."""

    def __init__(self, pod: Pod, clock: Clock, told: Told) -> None:
        self._pod, self._clock = pod, clock
        self._copies = Copies(pod.folders.state, pod.address.name)
        self._latch = Latch(pod.folders.state / stop_file.NAME)
        self._view = View(pod.address, pod.folders, self._latch, clock, told)
        agent = f"{RUNNER_MANAGER}/{pod.version}"
        # What reads drops its connections when one breaks, and must not take a report with it.
        self._reads, self._writes = ApiServer(pod.place, agent), ApiServer(pod.place, agent)
        self._follower = Follower(self._reads, pod.address, clock, self._view)
        self._writer = StatusWriter(self._writes, pod.address, self._view, self._latch)
        subject = Subject(namespace=pod.address.namespace, name=pod.address.name, pod=pod.name)
        self._events = EventPost(self._writes, subject, clock, lambda: self._view.uid)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self) -> None:
        """Look once: afterwards there is a reading, of the API server or of the copy, if any."""
        self._loop = asyncio.get_running_loop()
        await self._follower.read()

    async def run(self) -> None:
        """Follow the account, look at the pod's folders, post Events; until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follower.run())
                group.create_task(self._view.keep_looking(LOOK_SECONDS))
                group.create_task(self._events.run())
        finally:
            await self.close()

    async def close(self) -> None:
        """Close every connection to the API server."""
        await self._reads.close()
        await self._writes.close()

    @property
    @override
    def name(self) -> str:
        return self._pod.address.name

    @property
    def keys(self) -> Credentials | None:
        """The keys as last read, for the redaction of logs."""
        return self._view.keys

    @property
    def losses(self) -> int:
        """Times the API server was lost."""
        return self._follower.losses

    def channel_age_seconds(self) -> float:
        """Since the last sign of life of the API server."""
        return (self._clock.now() - self._follower.heard_at).total_seconds()

    @override
    def read(self) -> Reading:
        return self._view.reading

    @override
    async def watch(self) -> AsyncIterator[Reading]:
        last, news = self.read(), asyncio.Event()
        self._view.watchers.add(news)
        try:
            while True:
                if (now := self.read()) != last:
                    last = now
                    yield now
                    continue
                await news.wait()
                news.clear()
        finally:
            self._view.watchers.discard(news)

    @override
    def last_status(self) -> AccountStatus | None:
        return newer(status_of(self._view.raw), self._copies.status())

    @override
    def latched_stop(self) -> EmergencyStop | None:
        return self._latch.adopt()

    @override
    def report(self, status: AccountStatus) -> None:
        kept = status
        if admitted := self.read().admitted_uid:
            kept = status.model_copy(update={"admitted": Admission(uid=admitted)})
        try:
            self._copies.write_status(kept)
        finally:
            self._send(status)

    def _send(self, status: AccountStatus) -> None:
        if self._loop is None:
            raise ApiUnreachableError("nobody has looked for the API server yet")
        sent = asyncio.run_coroutine_threadsafe(self._writer.write(status), self._loop)
        done, _ = concurrent.futures.wait([sent], _REPORT_SECONDS)
        if not done:
            sent.cancel()
            raise ApiUnreachableError("the report was not taken in time")
        sent.result()

    @override
    def announce(self, notice: Notice) -> None:
        self._events.announce(notice)

    @override
    def record_stop(self, stop: EmergencyStop, policy: StopPolicy) -> None:
        self._latch.record(stop, policy)

    @override
    def clear_stop(self, emergency_id: str) -> None:
        self._latch.clear(emergency_id)

    @override
    def save_copy(self, account: TradingAccount, retiring: Sequence[Strategy]) -> None:
        self._copies.save(account, retiring)

    @override
    def saved_strategies(self) -> tuple[Strategy, ...]:
        return self._copies.strategies()
