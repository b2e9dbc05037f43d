"""A TradingAccount in memory, behind the door of a cluster: a test says what people want."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from botapi.parse import parse
from botapi.v1alpha1.account import TradingAccount
from botapi.v1alpha1.status import AccountStatus
from botapi.v1alpha1.strategies import Strategy
from botrunner.account_resource.port import AccountResource, Notice, Reading
from botrunner.account_resource.reading import NOTHING
from botrunner.domain.emergency import EmergencyStop, StopPolicy
from botrunner.exchanges.credentials import Credentials
from support.accounts import account as manifest


class MemoryDoor(AccountResource):
    """Belongs to one event loop; keeps every report and every notice."""

    def __init__(self, name: str = "alice", status: AccountStatus | None = None) -> None:
        self._name = name
        self._reading = NOTHING
        self._changed = asyncio.Event()
        self._before = status
        self._saved: tuple[Strategy, ...] = ()
        self.stop: EmergencyStop | None = None
        self.reports: list[AccountStatus] = []
        self.notices: list[Notice] = []
        self.is_broken = False

    def says(self, **changes: Any) -> None:
        """Another reading from now on: fields of Reading."""
        self._reading = replace(self._reading, **changes)
        self._changed.set()

    @property
    def last(self) -> AccountStatus:
        """The newest report; an empty one before the first."""
        return self.reports[-1] if self.reports else AccountStatus()

    def reason(self, kind: str) -> str:
        """Why a condition of the newest report is as it is; empty before it is reported."""
        condition = self.last.condition(kind)
        return condition.reason if condition is not None else ""

    def message(self, kind: str) -> str:
        """What a condition of the newest report says in words."""
        condition = self.last.condition(kind)
        return condition.message if condition is not None else ""

    @property
    def told(self) -> list[str]:
        """Reasons of all notices so far."""
        return [notice.reason for notice in self.notices]

    @property
    @override
    def name(self) -> str:
        return self._name

    @override
    def read(self) -> Reading:
        return self._reading

    @override
    async def watch(self) -> AsyncIterator[Reading]:
        last = self._reading
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._reading != last:
                last = self._reading
                yield last

    @override
    def last_status(self) -> AccountStatus | None:
        return self.reports[-1] if self.reports else self._before

    @override
    def latched_stop(self) -> EmergencyStop | None:
        return self.stop

    @override
    def report(self, status: AccountStatus) -> None:
        if self.is_broken:
            raise OSError(5, "the API server does not answer")
        self.reports.append(status)

    @override
    def announce(self, notice: Notice) -> None:
        self.notices.append(notice)

    @override
    def record_stop(self, stop: EmergencyStop, policy: StopPolicy) -> None:
        self.stop = stop if stop.latched else None

    @override
    def clear_stop(self, emergency_id: str) -> None:
        if self.stop is not None and self.stop.emergency_id == emergency_id:
            self.stop = None

    @override
    def save_copy(self, account: TradingAccount, retiring: Sequence[Strategy]) -> None:
        self._saved = (*account.spec.strategies, *retiring)

    @override
    def saved_strategies(self) -> tuple[Strategy, ...]:
        return self._saved


def account_of(name: str = "alice", **spec: Any) -> TradingAccount:
    """A small account, simulated unless said; ``spec`` replaces whole fields."""
    return parse(TradingAccount, manifest(name, **{"environment": "simulated"} | spec))


def keys_of(name: str = "alice") -> Credentials:
    """The keys of an account of the simulator."""
    return Credentials(api_key=f"sim-{name}", api_secret=f"sim-{name}-secret")
