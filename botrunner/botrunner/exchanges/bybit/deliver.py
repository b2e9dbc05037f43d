"""One operation from its first try to its end: retries, circuit breaker, limits, bans.

What may be sent again stands in ``exchanges.outcome``; how often in ``exchanges.retry``; when not
at all in ``exchanges.breaker``. Here they are carried out, on the clock that is given.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from botrunner.domain.control import (
    Block,
    BlockLifted,
    BlockSet,
    RateLimitReported,
    RequestsPaused,
)
from botrunner.exchanges.breaker import OPEN_SECONDS, Breaker
from botrunner.exchanges.bybit import codes, requests
from botrunner.exchanges.bybit.requests import Request
from botrunner.exchanges.bybit.rest import Reply, Rest
from botrunner.exchanges.errors import ExchangeError, error_for
from botrunner.exchanges.outcome import (
    Failure,
    Operation,
    Outcome,
    Problem,
    Repeat,
    breaks,
    outcome_of,
    repeat_of,
)
from botrunner.exchanges.port import CredentialsReported, Guard, Listeners, RequestFailed
from botrunner.exchanges.retry import backoff, retry_delay
from botrunner.service.clock import Clock

_SAYS_NOTHING = frozenset({Failure.LOCAL, Failure.BANNED, Failure.UNMAPPED})
"""Proves neither that the endpoint works nor that it does not."""
_LIMITED = frozenset({Operation.PLACE, Operation.AMEND, Operation.CANCEL})
_LONGEST_RESET_SECONDS = 10.0
"""Limits are of a rolling second; a reset later than this is a wrong clock."""
_THROTTLED_BASE_SECONDS = 1.0


def always() -> bool:
    """The guard of what nothing holds back."""
    return True


class Delivery:
    """Delivers requests of one account.

    ``resync`` measures the clock anew. ``share`` gives the jitter, a number in [0.5, 1].
    """

    def __init__(
        self,
        rest: Rest,
        clock: Clock,
        listeners: Listeners,
        *,
        resync: Callable[[], Awaitable[object]],
        share: Callable[[], float],
    ) -> None:
        self._rest = rest
        self._clock = clock
        self._listeners = listeners
        self._resync = resync
        self._share = share
        self._breakers: dict[str, Breaker] = {}
        self._probe: asyncio.Task[None] | None = None
        self._key_is_refused = False
        self._unlisten = rest.address.listen(self._banned)

    async def deliver(self, request: Request, may_send: Guard = always) -> Reply:
        """The answer. Raises the ExchangeError of what the operation came to in the end."""
        self._admit(request)
        try:
            reply = await self._tries(request, may_send)
        except ExchangeError as error:
            self._failed(request, error.problem)
            raise
        except asyncio.CancelledError:
            self._breakers[request.group] = self._breaker(request.group).abandoned()
            raise
        self._settle(request.group, self._breaker(request.group).succeeded())
        self._report_key(request, None)
        return reply

    def close(self) -> None:
        """Stop probing, and hear of no more bans."""
        self._unlisten()
        if self._probe is not None:
            self._probe.cancel()

    def _banned(self, at: datetime, until: datetime) -> None:
        """Whoever found it out: nothing is sent from this address."""
        self._listeners.event(RequestsPaused(until=until, at=at))

    async def _tries(self, request: Request, may_send: Guard) -> Reply:
        attempt, resynced = 0, False
        while True:
            try:
                reply = await self._rest.call(request, may_send)
            except ExchangeError as error:
                delay = self._delay(request, error.problem, attempt, resynced)
                if delay is None:
                    raise
                if error.problem.failure is Failure.CLOCK:
                    await self._resync()
                    resynced = True
                await self._clock.sleep(delay)
                attempt += 1
            else:
                self._report_limit(request, reply.remaining)
                return reply

    def _delay(
        self, request: Request, problem: Problem, attempt: int, resynced: bool
    ) -> float | None:
        match repeat_of(problem.failure, request.operation):
            case Repeat.NEVER:
                return None
            case Repeat.AFTER_RESYNC:
                return None if resynced else 0.0
            case Repeat.AFTER_DELAY:
                return retry_delay(request.effort, attempt, self._share())
            case Repeat.AFTER_RESET:
                self._report_limit(request, 0)
                if retry_delay(request.effort, attempt, 1.0) is None:
                    return None
                return self._reset_delay(problem, attempt)

    def _reset_delay(self, problem: Problem, attempt: int) -> float:
        if problem.retry_at is None:
            return backoff(
                attempt,
                base=_THROTTLED_BASE_SECONDS,
                cap=_LONGEST_RESET_SECONDS,
                share=self._share(),
            )
        wait = (problem.retry_at - self._rest.venue_now()).total_seconds()
        return min(max(wait, 0.0), _LONGEST_RESET_SECONDS)

    def _admit(self, request: Request) -> None:
        now, breaker = self._clock.monotonic(), self._breaker(request.group)
        if not request.is_essential and not breaker.admits(now):
            text = f"the circuit breaker of {request.group} is open"
            raise error_for(request.operation, Problem(failure=Failure.LOCAL, text=text))
        self._breakers[request.group] = breaker.started(now)

    def _failed(self, request: Request, problem: Problem) -> None:
        at = self._clock.now()
        breaker = self._breaker(request.group)
        if breaks(problem.failure):
            breaker = breaker.failed(self._clock.monotonic())
        elif problem.failure in _SAYS_NOTHING:
            breaker = breaker.abandoned()
        else:
            breaker = breaker.succeeded()
        self._settle(request.group, breaker)
        if problem.failure is Failure.CREDENTIALS or codes.needs_person(problem.code):
            self._report_key(request, problem)
        if outcome_of(problem.failure, request.operation) is not Outcome.CONFIRMED:
            self._listeners.report(RequestFailed(request=request.method, problem=problem, at=at))

    def _breaker(self, group: str) -> Breaker:
        return self._breakers.get(group, Breaker())

    def _settle(self, group: str, breaker: Breaker) -> None:
        was_open = self._breaker(group).is_open
        self._breakers[group] = breaker
        if group != requests.ORDER or was_open == breaker.is_open:
            return
        at = self._clock.now()
        if breaker.is_open:
            self._listeners.event(BlockSet(at=at, block=Block.BREAKER))
            self._probe = asyncio.get_running_loop().create_task(self._probe_orders())
        else:
            self._listeners.event(BlockLifted(at=at, block=Block.BREAKER))

    async def _probe_orders(self) -> None:
        # While the block stands the engine places nothing, so a read has to be the probe.
        while self._breaker(requests.ORDER).is_open:
            await self._clock.sleep(OPEN_SECONDS)
            try:
                await self.deliver(requests.open_orders())
            except ExchangeError:
                continue

    def _report_limit(self, request: Request, remaining: int | None) -> None:
        if remaining is not None and request.operation in _LIMITED:
            self._listeners.event(
                RateLimitReported(
                    group=request.operation.value, remaining=remaining, at=self._clock.now()
                )
            )

    def _report_key(self, request: Request, problem: Problem | None) -> None:
        """Tell a change of the venue's word on the key, once."""
        refused = problem is not None
        if not request.is_signed or refused == self._key_is_refused:
            return
        self._key_is_refused = refused
        at = self._clock.now()
        block = BlockSet if refused else BlockLifted
        self._listeners.event(block(at=at, block=Block.CREDENTIALS))
        self._listeners.report(CredentialsReported(problem=problem, at=at))
