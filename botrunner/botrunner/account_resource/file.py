"""The door as a file: an edit is a patch, the status is a file beside it (`tradefleet run -f`)."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from typing_extensions import override

from botapi.v1alpha1.account import TradingAccount
from botapi.v1alpha1.status import AccountStatus
from botapi.v1alpha1.strategies import Strategy
from botrunner.account_resource import stop_file
from botrunner.account_resource.copies import Copies
from botrunner.account_resource.port import AccountResource, Notice, Reading
from botrunner.account_resource.reading import (
    NOTHING,
    Wanted,
    read_copy,
    read_text,
    unreadable,
)
from botrunner.account_resource.state_folder import StateFolder
from botrunner.domain.emergency import EmergencyStop, StopPolicy
from botrunner.exchanges.credentials import Credentials
from botrunner.service.clock import Clock

POLL_SECONDS = 0.1
"""How often the file and the stop file are looked at."""
_Stamp = tuple[int, int, int] | None


class FileResource(AccountResource):
    """One account of one file. Hold its folder before the first read."""

    def __init__(
        self,
        path: Path,
        name: str,
        folder: StateFolder,
        clock: Clock,
        environment: Mapping[str, str],
    ) -> None:
        self.path = path
        self._name = name
        self.folder = folder
        self._clock = clock
        self._environment = environment
        self._stop_path = folder.path / stop_file.NAME
        self._copies = Copies(folder.path, name)
        self._started_with: TradingAccount | None = None
        self._spoken = NOTHING
        """What the file itself said last, without the stop file."""
        self._by_copy = False
        """Whether the specification is that of the last life, for want of a good one."""
        self._known_stop = ""
        """Id of the latched stop that was written down here."""
        self._beside: tuple[EmergencyStop, StopPolicy] | None = None
        """A latched stop without the stop file: a person's own one is there, or no room."""

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    def keys(self) -> Credentials | None:
        """The keys as last read, for the redaction of logs."""
        return self._spoken.keys

    @override
    def read(self) -> Reading:
        wanted = Wanted(
            name=self._name, environment=self._environment, started_with=self._started_with
        )
        try:
            text = self.path.read_text(encoding="utf-8")
        except OSError as error:
            self._take(wanted, partial(unreadable, fault=f"{self.path}: {error.strerror}"))
        except UnicodeDecodeError:
            fault = f"{self.path}: is not text; save it as UTF-8"
            self._take(wanted, partial(unreadable, fault=fault))
        else:
            self._take(wanted, partial(read_text, text, wanted))
        if self._started_with is None:
            self._started_with = self._spoken.account
        return self._with_stop_file(self._spoken)

    def _take(self, wanted: Wanted, read: Callable[[Reading], Reading]) -> None:
        """RI-6: where nothing was ever followed, what the last life followed, until that ends."""
        self._spoken = read(self._spoken)
        if self._spoken.account is None and (copy := self._copies.account()) is not None:
            self._by_copy = True
            self._spoken = read(read_copy(copy, wanted))
        self._by_copy = self._by_copy and bool(self._spoken.faults)
        if self._by_copy:
            self._spoken = replace(self._spoken, is_reachable=False)

    @override
    async def watch(self) -> AsyncIterator[Reading]:
        last, stamps = self.read(), self._stamps()
        while True:
            await self._clock.sleep(POLL_SECONDS)
            seen = self._stamps()
            if seen == stamps and not self._is_fresh(seen) and not self._is_gone(seen):
                continue
            stamps, now = seen, self.read()
            if now != last:
                last = now
                yield now

    @override
    def last_status(self) -> AccountStatus | None:
        return self._copies.status()  # For people first: a start never depends on it.

    @override
    def latched_stop(self) -> EmergencyStop | None:
        stop = stop_file.read_stop_file(self._stop_path)
        if stop is not None and not stop.latched:
            # A person's own stop of an earlier life: the specification says whether it still holds.
            stop_file.remove_stop(self._stop_path, stop.emergency_id)
            stop = None
        if self._beside is None:
            self._beside = self._kept_beside()
        if (newer := self._beside) is not None:  # Than what the file says.
            if not stop_file.is_made_by_person(self._stop_path):
                self._write_beside(*newer)
            return newer[0]
        if stop is None:
            return None
        self._known_stop = stop.emergency_id
        return stop

    def _kept_beside(self) -> tuple[EmergencyStop, StopPolicy] | None:
        kept = stop_file.beside(self._stop_path)
        stop = stop_file.read_stop_file(kept)
        return None if stop is None else (stop, stop_file.read_policy(kept))

    @override
    def report(self, status: AccountStatus) -> None:
        self._copies.write_status(status)

    @override
    def announce(self, notice: Notice) -> None:
        """Nobody to tell: the log and the status say the same."""

    @override
    def record_stop(self, stop: EmergencyStop, policy: StopPolicy) -> None:
        is_taken = stop.latched and stop_file.is_made_by_person(self._stop_path)
        self._beside = (stop, policy) if stop.latched else None
        stop_file.write_stop(self._stop_path, stop, policy)
        self._known_stop = stop.emergency_id if stop.latched else ""
        if not is_taken:
            self._beside = None

    @override
    def clear_stop(self, emergency_id: str) -> None:
        if self._known_stop == emergency_id:  # A newer one may be written down already.
            self._known_stop = ""
        if self._beside is not None and self._beside[0].emergency_id == emergency_id:
            self._beside = None
        stop_file.remove_stop(self._stop_path, emergency_id)

    @override
    def save_copy(self, account: TradingAccount, retiring: Sequence[Strategy]) -> None:
        self._copies.save(account, retiring)

    @override
    def saved_strategies(self) -> tuple[Strategy, ...]:
        return self._copies.strategies()

    def _with_stop_file(self, spoken: Reading) -> Reading:
        stops, ended = spoken.stops, spoken.acknowledged
        if stop_file.is_made_by_person(self._stop_path):
            stops = (*stops, f"file {self._stop_path.name}")
        elif self._beside is not None:
            self._write_beside(*self._beside)
        elif self._known_stop and not self._stop_path.exists():
            ended = (*ended, self._known_stop)
        return replace(spoken, stops=stops, acknowledged=ended)

    def _write_beside(self, stop: EmergencyStop, policy: StopPolicy) -> None:
        """What the person took away was their own file; the latch was never in it."""
        with suppress(OSError):  # A full disk: the stop holds in memory, and the next look writes.
            self.record_stop(stop, policy)

    def _stamps(self) -> tuple[_Stamp, _Stamp]:
        return _stamp(self.path), _stamp(self._stop_path)

    def _is_gone(self, stamps: tuple[_Stamp, _Stamp]) -> bool:
        """The stop file was written and deleted between two looks: neither saw it."""
        return bool(self._known_stop) and stamps[1] is None

    def _is_fresh(self, stamps: tuple[_Stamp, _Stamp]) -> bool:
        """A file changed a moment ago may change again within one tick of its time stamp."""
        now = self._clock.now().timestamp() * 1e9
        return any(stamp is not None and abs(now - stamp[0]) < 1e9 for stamp in stamps)


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
