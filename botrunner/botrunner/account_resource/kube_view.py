"""What is known of the account right now: the object, the keys, and the pod's own folder."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from typing_extensions import override

from botapi.model import Json
from botapi.v1alpha1.account import Mode, TradingAccount
from botrunner.account_resource import stop_file
from botrunner.account_resource.copies import Copies
from botrunner.account_resource.kube_follow import Address, Listener
from botrunner.account_resource.kube_keys import MountedKeys, read_mounted_keys
from botrunner.account_resource.kube_latch import Latch
from botrunner.account_resource.kube_reading import read_object, uid_of, version_of
from botrunner.account_resource.port import Reading
from botrunner.account_resource.reading import NOTHING, dry_run_keys
from botrunner.exchanges.credentials import Credentials
from botrunner.service.clock import Clock

Told = Callable[[bool, str], None]
"""Hears when the API server is lost (False, with the reason) and when it is back (True)."""
_UNREAD = "the account cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """What the pod mounts, as this account's door uses it."""

    keys: Path
    state: Path
    """The account's own folder."""


class View(Listener):
    """Renewed by the follower and by ``look``; ``reading`` is always the newest."""

    def __init__(
        self, address: Address, folders: Folders, latch: Latch, clock: Clock, told: Told
    ) -> None:
        self._address, self._clock, self._told = address, clock, told
        self._keys_folder, self._latch = folders.keys, latch
        self._copies = Copies(folders.state, address.name)
        self._spoken = replace(NOTHING, faults=("the API server has not answered yet",))
        self._started_with: TradingAccount | None = None
        self._mounted = MountedKeys(problem=_UNREAD)
        self._has_answered, self._is_lost = False, False
        self._left_stopped = False
        """Whether the life before was stopped by a person, while nobody can say more."""
        self.uid = ""
        """``metadata.uid`` of the object that this pod belongs to."""
        self.version = ""
        """The newest ``metadata.resourceVersion``."""
        self.raw: Json = {}
        """The newest object, as the API server gave it."""
        self.is_missed = False
        """Whether the object that this pod belongs to is not there any more."""
        self.keys: Credentials | None = None
        """The last there were, for the redaction of what is said."""
        self.watchers: set[asyncio.Event] = set()
        """Each is set whenever the reading has changed."""
        self.reading: Reading = self._spoken

    @override
    def seen(self, raw: Json) -> None:
        if self.uid and uid_of(raw) != self.uid:
            self._miss("was deleted and made anew; this pod belongs to the earlier one")
            return
        self.uid, self.version, self.is_missed = uid_of(raw), version_of(raw), False
        if not self._has_answered:
            self._has_answered, self._left_stopped = True, False
            self._latch.forget_person()
        self.raw = raw
        self._latch.see(raw)
        self._spoken = read_object(raw, self._started_with, self._spoken)
        if self._is_lost:
            self._is_lost = False
            self._told(True, "")
        self._renew()

    @override
    def gone(self) -> None:
        self._miss("is not there; this pod ends when its StatefulSet does")

    @override
    def lost(self, why: str, since: datetime) -> None:
        self._is_lost = True
        self._told(False, why)
        self._spoken = replace(self._spoken, is_reachable=False, unreachable_since=since)
        if self._spoken.account is None and not self._has_answered:
            self._spoken = replace(self._from_copy(), unreachable_since=since)
        if self._spoken.account is None:
            self._spoken = replace(self._spoken, faults=(why,))
        self._renew()

    def look(self) -> None:
        """Look at the keys and at the stop file."""
        self._renew()

    async def keep_looking(self, seconds: float) -> None:
        """Look every so many seconds until cancelled."""
        while True:
            await self._clock.sleep(seconds)
            self.look()

    def _from_copy(self) -> Reading:
        """RI-6: what the life before followed; what people want now is not known."""
        account, status = self._copies.account(), self._copies.status()
        if account is None:
            return self._spoken
        raw = {**account.to_json(), **({"status": status.to_json()} if status else {})}
        self.uid = uid_of(raw)
        self._latch.see(raw)
        self._left_stopped = self._latch.left_by_person()
        return replace(read_object(raw, None, NOTHING), is_reachable=False)

    def _miss(self, why: str) -> None:
        fault = f"TradingAccount {self._address.namespace}/{self._address.name} {why}"
        self.is_missed = True
        since = self._spoken.unreachable_since or self._clock.now()
        self._spoken = replace(
            self._spoken, faults=(fault,), is_reachable=False, unreachable_since=since
        )
        self._renew()

    def _renew(self) -> None:
        if self._started_with is None:
            self._started_with = self._spoken.account
        self._mounted = self._look_at_keys()
        self.keys = self._mounted.keys or self.keys
        now = replace(
            self._spoken,
            stops=(*self._spoken.stops, *self._stops_of_the_pod()),
            keys=self._mounted.keys,
            keys_problem=self._mounted.problem,
            keys_reason=self._mounted.reason,
        )
        if now != self.reading:
            self.reading = now
            for watcher in self.watchers:
                watcher.set()

    def _stops_of_the_pod(self) -> tuple[str, ...]:
        stops = []
        if stop_file.is_made_by_person(self._latch.path):
            stops.append(f"file {self._latch.path.name}")
        if self._left_stopped and not self._spoken.stops:
            stops.append("a person's stop of the life before")
        stranger = self._latch.stranger()
        if stranger and stranger not in self._spoken.acknowledged:
            stops.append(f"status.emergency {stranger}")
        return tuple(stops)

    def _look_at_keys(self) -> MountedKeys:
        account = self._started_with or self._spoken.account
        if account is None:
            return MountedKeys(problem=_UNREAD)
        if account.spec.mode is Mode.DRY_RUN:
            return MountedKeys(keys=dry_run_keys(self._address.name))
        secret = account.spec.credentials.secret_name if account.spec.credentials else ""
        found = read_mounted_keys(self._keys_folder, secret, self._address.namespace)
        return found or self._mounted
