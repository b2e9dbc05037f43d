"""Writes one account's status over all lives of its process, and announces what changed.

Rule 1: what matters is written at once, numbers at most every ``interval`` and only beyond their
thresholds; when nothing changes, only a heartbeat is written (KU-4).
Rule 2: nothing is written on the event loop; a storage that does not answer holds nothing up.
"""

import asyncio
import hashlib
from collections.abc import Hashable
from datetime import datetime, timedelta

from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.port import AccountResource, Notice
from botrunner.runtime.notices import STARTED, ConditionNotices, notices_between
from botrunner.runtime.paperwork import Paperwork
from botrunner.runtime.status_change import is_urgent, is_worth_it
from botrunner.service.logs import Level, Log
from botrunner.service.meters import Meters

HEARTBEAT = timedelta(minutes=5)
_AHEAD = timedelta(seconds=5)
"""So far may a report be ahead of our clock: its time is the engine's, which hears the venue's."""
_JITTER = 0.1
"""Intervals of different accounts differ by up to so much either way."""


class Publisher:
    """One account's."""

    def __init__(self, resource: AccountResource, log: Log, meters: Meters) -> None:
        self._resource, self._log = resource, log
        self._failures = meters.report_failures.labels(resource.name)
        self._stretch = _stretch_of(resource.name)
        self._written: AccountStatus | None = None
        self._latest: AccountStatus | None = None
        self._conditions: ConditionNotices | None = None
        self._interval = timedelta(seconds=15) * self._stretch
        self.published: AccountStatus | None = None
        """The newest report of this process."""
        self._reports = Paperwork(self._not_written, self._written_again)
        self.files = Paperwork(self._not_written, self._written_again)
        """What else is written down; a report that waits for its storage does not hold it up."""

    @property
    def latest(self) -> AccountStatus | None:
        """The newest report, written or not; at first the one that an earlier process left."""
        if self._latest is None:
            self._latest = self._resource.last_status()
        return self._latest

    async def run(self) -> None:
        """Write until cancelled."""
        await asyncio.gather(self._reports.run(), self.files.run())

    async def finish(self, seconds: float) -> None:
        """Wait until everything handed in is written, at most so long."""
        await asyncio.gather(self._reports.finish(seconds), self.files.finish(seconds))

    def set_interval(self, seconds: int) -> None:
        """Write numbers at most so often, but for the account's share of jitter."""
        self._interval = timedelta(seconds=seconds) * self._stretch

    def is_due(self, now: datetime) -> bool:
        """Whether numbers may be written again."""
        return now >= self._written_at(now) + self._interval

    def publish(self, status: AccountStatus, now: datetime, *, is_forced: bool = False) -> None:
        """Take a new report; it is written where that is worth it."""
        before = self.latest
        if self._conditions is None:
            self._conditions = ConditionNotices(before)
        for notice in notices_between(before, status):
            self._resource.announce(notice)
        self._latest = self.published = status
        self.tick(now)
        if is_forced or self._is_pressing(status, now) or self._is_worth_it(status, now):
            self._written = status
            self._reports.hand_in("status", lambda: self._report(status))

    def tick(self, now: datetime) -> None:
        """Called about once a second: tells of conditions that have lasted."""
        if self._conditions is not None and self.published is not None:
            for notice in self._conditions.look(self.published.conditions, now):
                self._resource.announce(notice)

    def announce_start(self, pod: str, version: str) -> None:
        """Say once that this process has begun."""
        text = f"runner {version} began" + (f" in pod {pod}" if pod else "")
        self._resource.announce(Notice(reason=STARTED, message=text, is_warning=False))

    def _report(self, status: AccountStatus) -> None:
        try:
            self._resource.report(status)
        except OSError:
            self._failures.inc()
            raise

    def _is_pressing(self, status: AccountStatus, now: datetime) -> bool:
        last = self._written
        return last is None or is_urgent(last, status) or now >= self._written_at(now) + HEARTBEAT

    def _is_worth_it(self, status: AccountStatus, now: datetime) -> bool:
        return self._written is not None and self.is_due(now) and is_worth_it(self._written, status)

    def _written_at(self, now: datetime) -> datetime:
        """When the last report was made; long ago without one, or after the clock was set back."""
        runner = self._written.runner if self._written is not None else None
        at = runner.last_report if runner is not None else None
        return at if at is not None and at <= now + _AHEAD else now - HEARTBEAT

    def _not_written(self, kind: Hashable, error: OSError) -> None:
        text = f"{kind} cannot be written: {error.strerror}; it is tried again until it can"
        self._log.write(Level.ERROR, "reportFailed", why=text)

    def _written_again(self, kind: Hashable) -> None:
        self._log.write(Level.INFO, "reportWritten", what=str(kind))


def _stretch_of(name: str) -> float:
    """0.9 to 1.1, the same for a name at all times: accounts that began together drift apart."""
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
    return 1 - _JITTER + 2 * _JITTER * share
