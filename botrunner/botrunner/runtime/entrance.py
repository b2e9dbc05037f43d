"""What stands before everything else: a good key, and leave to trade its account (PR-2, KU-26)."""

import asyncio
from collections.abc import Callable

from botapi.conditions import ConditionReason
from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.account_resource.port import Reading
from botrunner.exchanges.port import Exchange
from botrunner.runtime.admission import Admission, venue_of
from botrunner.runtime.key import KeyVerdict, check_key
from botrunner.runtime.surroundings import Surroundings
from botrunner.service.clock import Clock
from botrunner.service.logs import Level, Log


class Entrance:
    """One life's. What it waits for is written into ``around``, and ``changed`` is called."""

    def __init__(
        self,
        exchange: Exchange,
        admission: Admission,
        around: Surroundings,
        changed: Callable[[], None],
        log: Log,
        clock: Clock,
    ) -> None:
        self._exchange, self._admission = exchange, admission
        self._around, self._changed = around, changed
        self._log, self._clock = log, clock
        self._new_reading = asyncio.Event()

    def look(self) -> None:
        """There is a new reading."""
        self._new_reading.set()

    async def open(self, reading: Callable[[], Reading], last_uid: str) -> None:
        """Return once orders may be sent. ``last_uid`` is the owner of the last life's keys."""
        uid = await self._good_key(reading, last_uid)
        if not self._around.is_dry_run:
            await self._in_cluster(reading, uid)
            await self._admission.admit(_owner(reading(), uid), self._not_admitted)
        self._around.admission_problem = ""
        self._changed()

    async def _good_key(self, reading: Callable[[], Reading], last_uid: str) -> str:
        attempt, around = 0, self._around
        while True:
            # In a cluster the admission says whose keys these have to be; a state folder remembers.
            owner = last_uid if reading().admitted_uid is None else ""
            verdict, delay = await check_key(
                self._exchange,
                self._clock,
                allow_withdraw=_may_withdraw(reading()),
                last_uid=owner,
                attempt=attempt,
            )
            around.uid = verdict.uid or last_uid
            self._key_is(verdict)
            if not verdict.problem:
                return verdict.uid
            self._admission.heard("")
            await self._clock.sleep(delay)
            attempt += 1

    async def _in_cluster(self, reading: Callable[[], Reading], uid: str) -> None:
        while (admitted := reading().admitted_uid) is not None and admitted != uid:
            self._new_reading.clear()
            if admitted:
                self._around.uid = admitted
                self._key_is(_changed_account(uid, admitted))
            else:
                self._around.uid = uid
                self._key_is(KeyVerdict(uid=uid))
                self._not_admitted(_waits(uid))
            await self._new_reading.wait()
        self._around.uid = uid
        self._key_is(KeyVerdict(uid=uid))

    def _key_is(self, verdict: KeyVerdict) -> None:
        around = self._around
        if verdict.problem and verdict.problem != around.keys_problem:
            self._log.write(Level.ERROR, "keyNotUsed", why=verdict.problem)
        around.keys_problem, around.keys_reason = verdict.problem, verdict.reason
        self._changed()

    def _not_admitted(self, problem: str) -> None:
        if problem != self._around.admission_problem:
            self._log.write(Level.WARNING, "notAdmitted", why=problem)
        self._around.admission_problem = problem
        self._changed()


def _changed_account(uid: str, admitted: str) -> KeyVerdict:
    text = (
        f"the keys open account {uid} of the exchange, admitted here is {admitted}; give the keys "
        "of that account, or make another TradingAccount for this one"
    )
    return KeyVerdict(problem=text, reason=ConditionReason.ACCOUNT_CHANGED.value)


def _waits(uid: str) -> str:
    return (
        f"account {uid} of the exchange is not admitted here (yet): the operator admits the oldest "
        "TradingAccount of it; where Stalled says DuplicateAccount, that one trades it"
    )


def _may_withdraw(reading: Reading) -> bool:
    credentials = _spec_of(reading).credentials
    return bool(credentials and credentials.allow_withdraw)


def _owner(reading: Reading, uid: str) -> str:
    """Whose account it is, told apart from those of other venues."""
    return f"{venue_of(_spec_of(reading))}/{uid}"


def _spec_of(reading: Reading) -> TradingAccountSpec:
    if reading.account is None:
        raise ValueError("a life needs a specification")
    return reading.account.spec
