"""Who of one process's accounts may trade an account of the exchange: the first in the files.

In a cluster the operator admits (KU-26) and this lets everybody pass.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from typing_extensions import override

from botapi.v1alpha1.account import TradingAccountSpec

Told = Callable[[str], None]
"""Hears why the account may not be traded yet."""


def venue_of(spec: TradingAccountSpec) -> str:
    """Tells venues apart: an account of one has nothing to do with one of another."""
    return f"{spec.exchange.value}/{spec.environment.value}/{spec.endpoints.rest or ''}"


class Admission(Protocol):
    """One account's."""

    def heard(self, owner: str) -> None:
        """Whose account the keys open; empty where that could not be learned."""
        ...

    async def admit(self, owner: str, told: Told) -> None:
        """Return once the account of the exchange may be traded here."""
        ...


class EverybodyAdmitted(Admission):
    """Nobody else in this process."""

    @override
    def heard(self, owner: str) -> None:
        """Nothing follows from it."""

    @override
    async def admit(self, owner: str, told: Told) -> None:
        """At once."""


class FileOrder:
    """Several accounts of one process, in the order of their files; each with its venue.

    Nobody is admitted before every earlier account of its venue has looked at its keys once;
    whoever is admitted keeps the exchange's account until its keys open another.
    """

    def __init__(self, venues: Mapping[str, str]) -> None:
        self._venues = dict(venues)
        self._owners: dict[str, str] = {}
        self._holders: dict[str, str] = {}
        self._changed = asyncio.Event()

    def place_of(self, name: str) -> Admission:
        """The admission of one of the accounts."""
        return _Place(self, name)

    def heard(self, name: str, owner: str) -> None:
        """What an account's keys open."""
        if self._owners.get(name) == owner:
            return
        self._owners[name] = owner
        self._holders = {o: n for o, n in self._holders.items() if n != name or not owner}
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def admit(self, name: str, owner: str, told: Told) -> None:
        """Return once the account has its turn."""
        self.heard(name, owner)
        while problem := self._why_not(name, owner):
            told(problem)
            await self._changed.wait()
        self._holders[owner] = name

    def _why_not(self, name: str, owner: str) -> str:
        holder = self._holders.get(owner)
        if holder is not None:
            return "" if holder == name else _taken(holder, owner)
        names = list(self._venues)
        rivals = names[: names.index(name)]
        earlier = [each for each in rivals if self._venues[each] == self._venues[name]]
        silent = next((each for each in earlier if each not in self._owners), "")
        if silent:
            return f"the keys of {silent}, which stands before it, are looked at first"
        first = next((each for each in earlier if self._owners[each] == owner), name)
        return "" if first == name else _taken(first, owner)


@dataclass(frozen=True, slots=True)
class _Place(Admission):
    order: FileOrder
    name: str

    @override
    def heard(self, owner: str) -> None:
        self.order.heard(self.name, owner)

    @override
    async def admit(self, owner: str, told: Told) -> None:
        await self.order.admit(self.name, owner, told)


def _taken(holder: str, owner: str) -> str:
    uid = owner.rpartition("/")[2]
    return f"{holder} trades the exchange account {uid} already; take one of the two out"
