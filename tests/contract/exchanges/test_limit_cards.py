"""Cards about limits, the breaker, bans, the clock and keys (EX-4, EX-5, EX-6, EX-11, EX-13)."""

import itertools
import logging
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from botrunner.domain.actions import ReadAccount, ReadSymbol, ResolveOrder
from botrunner.domain.control import (
    AccountRead,
    Block,
    BlockLifted,
    BlockSet,
    PositionsUnreadable,
    RateLimitReported,
    ReadFailed,
    RequestsPaused,
)
from botrunner.domain.events import (
    CancelAccepted,
    CancelRejected,
    OrderAccepted,
    OrderDenied,
    OrderEvent,
    OrderOutcomeUnknown,
    OrderRejected,
    RefusalClass,
)
from botrunner.domain.side import Purpose
from botrunner.exchanges.bybit.address import Address
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.errors import CredentialsRefusedError, UnavailableError
from botrunner.exchanges.port import ClockReported, CredentialsReported
from botrunner.service.clock import SystemClock
from contract.exchanges.conftest import MakeDesk, StandingPrices
from contract.exchanges.desk import CANCEL, CREATE, SYMBOL, Desk, QuickClock, ShiftedClock
from support.simulator import running_simulator

TIME = "/v5/market/time"


def blocks(desk: Desk) -> list[tuple[str, Block]]:
    return [
        (type(event).__name__, event.block)
        for event in desk.events
        if isinstance(event, BlockSet | BlockLifted)
    ]


@pytest.mark.parametrize("headers", [True, False])
async def test_a_request_over_the_limit_waits_for_the_reset_and_goes_again(
    desk: Desk, headers: bool
) -> None:
    """XC-20, EX-4, EX-5: by the venue's header, or from a second on without it."""
    await desk.command(
        "answer",
        account=desk.name,
        path=CREATE,
        code=10006,
        message="Too many visits!",
        limitHeaders=headers,
        resetAfterSeconds=0.2,
    )
    answer = await desk.place(desk.order("0.4"))
    left = [e.remaining for e in desk.events if isinstance(e, RateLimitReported)]

    assert isinstance(answer, OrderAccepted)
    assert len(await desk.received(CREATE)) == 2
    assert left[0] == 0


async def test_the_venues_own_count_is_told_with_every_answer(desk: Desk) -> None:
    """XC-21, EX-5."""
    for price in ("0.40", "0.41"):
        await desk.place(desk.order(price))
    told = [e for e in desk.events if isinstance(e, RateLimitReported)]

    assert {one.group for one in told} == {"place"}
    assert [one.remaining for one in told] == [9, 8]


async def test_a_limit_that_never_resets_is_a_refusal_for_rate(make_desk: MakeDesk) -> None:
    """XC-22: three retries of a limit order."""
    desk = make_desk(clock=QuickClock())
    await desk.command(
        "answer", account=desk.name, path=CREATE, code=10006, limitHeaders=False, count=None
    )
    answer = await desk.place(desk.order("0.4"))

    assert isinstance(answer, OrderRejected)
    assert answer.refusal is RefusalClass.RATE
    assert len(await desk.received(CREATE)) == 4


async def test_a_stop_during_a_wait_ends_it_without_another_request(desk: Desk) -> None:
    """XC-35, RI-1: what may be sent is asked before every try, not once."""
    asked: list[bool] = []

    def may_send() -> bool:
        asked.append(not asked)
        return asked[-1]

    await desk.command("answer", account=desk.name, path=CREATE, code=10006, resetAfterSeconds=0.1)
    answer = await desk.exchange.place(desk.order("0.4"), may_send=may_send)

    assert asked == [True, False]
    assert isinstance(answer, OrderDenied)
    assert len(await desk.received(CREATE)) == 1


@pytest_asyncio.fixture
async def banned() -> AsyncIterator[Desk]:
    """A desk at a simulator of its own, whose address has been banned."""
    with running_simulator(source=StandingPrices()) as simulator:
        desk = Desk(simulator, "outcast")
        await desk.exchange.read_wallet()
        await desk.command("ban")
        yield desk
        await desk.stop()


async def test_a_ban_of_the_address_stops_every_lane(banned: Desk) -> None:
    """XC-23, EX-5: nothing more is sent for ten minutes, cancels included."""
    first = await banned.place(banned.order("0.4"))
    sent = await banned.received(CREATE)
    second = await banned.place(banned.order("0.4"))
    cancel = await banned.cancel(banned.new_id())
    paused = [event for event in banned.events if isinstance(event, RequestsPaused)]

    assert isinstance(first, OrderRejected)
    assert first.refusal is RefusalClass.RATE
    assert isinstance(second, OrderDenied)
    assert isinstance(cancel, CancelRejected)
    assert [event.until - event.at for event in paused] == [timedelta(minutes=10)]
    assert await banned.received(CREATE) == sent
    assert await banned.received(CANCEL) == []


async def test_a_ban_found_by_one_account_stops_and_tells_the_others() -> None:
    """XC-95, EX-5: accounts of one process are behind one address."""
    with running_simulator(source=StandingPrices()) as simulator:
        address = Address(SystemClock())
        first, second = (Desk(simulator, name, address=address) for name in ("one", "two"))
        for desk in (first, second):
            await desk.exchange.read_wallet()
        await first.command("ban")
        await first.place(first.order("0.4"))
        denied = await second.place(second.order("0.4"))
        paused = [[e for e in d.events if isinstance(e, RequestsPaused)] for d in (first, second)]
        sent = await second.received(CREATE)
        for desk in (first, second):
            await desk.stop()

    assert isinstance(denied, OrderDenied)
    assert len(paused[0]) == 1
    assert paused[0] == paused[1]
    assert sent == []


async def test_a_read_is_tried_again_until_the_venue_is_back(make_desk: MakeDesk) -> None:
    """XC-24, EX-4: three retries."""
    desk = make_desk(clock=QuickClock())
    path = "/v5/position/list"
    await desk.command("answer", account=desk.name, path=path, httpStatus=502, count=3)
    (read,) = await desk.exchange.read_account(ReadAccount(token=1))

    assert isinstance(read, AccountRead)
    assert len(await desk.received(path)) == 4


async def test_positions_that_cannot_be_read_are_told_as_that(make_desk: MakeDesk) -> None:
    """XC-25, RI-9."""
    desk = make_desk(clock=QuickClock())
    path = "/v5/position/list"
    await desk.command("answer", account=desk.name, path=path, httpStatus=502, count=None)
    events = await desk.exchange.read_account(ReadAccount(token=9))
    symbol = await desk.exchange.read_symbol(ReadSymbol(token=10, symbol=SYMBOL))

    assert [type(event) for event in events] == [PositionsUnreadable, ReadFailed]
    assert isinstance(symbol, ReadFailed)
    assert symbol.token == 10


async def fail_five_times(desk: Desk) -> list[OrderEvent]:
    await desk.command("answer", account=desk.name, path=CREATE, httpStatus=500, count=5)
    return [await desk.place(desk.order("0.4")) for _ in range(5)]


async def test_five_failed_operations_hold_placements_back_and_never_cancels(
    make_desk: MakeDesk,
) -> None:
    """XC-26, EX-4."""
    desk = make_desk()
    await desk.start()
    resting = desk.order("0.4")
    await desk.place(resting)
    failed = await fail_five_times(desk)
    denied = await desk.place(desk.order("0.4"))
    exit_order = await desk.place(desk.order(None, purpose=Purpose.CLOSE))
    cancel = await desk.cancel(resting.order_id)

    assert {type(event) for event in failed} == {OrderOutcomeUnknown}
    assert isinstance(denied, OrderDenied)
    assert "breaker" in denied.reason
    assert isinstance(exit_order, OrderRejected)
    assert exit_order.refusal is RefusalClass.GONE
    assert isinstance(cancel, CancelAccepted)
    assert blocks(desk) == [("BlockSet", Block.BREAKER)]
    assert len(await desk.received(CREATE)) == 7


async def test_a_probe_closes_the_breaker_by_itself_after_a_minute(make_desk: MakeDesk) -> None:
    """XC-27, EX-4: the engine places nothing meanwhile, so a read is the probe."""
    desk = make_desk(clock=QuickClock())
    await desk.prepare()
    await fail_five_times(desk)
    await desk.until("BlockLifted", block=Block.BREAKER)

    assert blocks(desk) == [("BlockSet", Block.BREAKER), ("BlockLifted", Block.BREAKER)]
    assert isinstance(await desk.place(desk.order("0.4")), OrderAccepted)


async def test_business_refusals_never_open_the_breaker(make_desk: MakeDesk) -> None:
    """XC-28, EX-4."""
    desk = make_desk()
    await desk.start()
    for _ in range(6):
        assert isinstance(await desk.place(desk.order("0.4", "1")), OrderRejected)

    assert blocks(desk) == []


@pytest.mark.parametrize("seconds", [-30, 30])
async def test_a_wrong_clock_is_told_and_set_right_for_every_signed_request(
    make_desk: MakeDesk, seconds: int
) -> None:
    """XC-29, EX-6."""
    desk = make_desk(clock=ShiftedClock(timedelta(seconds=seconds)))
    offset = await desk.exchange.measure_clock()
    answer = await desk.exchange.read_wallet()

    assert offset == pytest.approx(-seconds, abs=1)
    assert answer.wallet.equity > 0
    assert blocks(desk) == [("BlockSet", Block.CLOCK)]
    assert any(isinstance(report, ClockReported) for report in desk.reports)


async def test_a_refused_timestamp_is_measured_anew_and_sent_once_more(
    make_desk: MakeDesk,
) -> None:
    """XC-30, EX-11: clock: resync, one retry."""
    desk = make_desk(clock=ShiftedClock(timedelta(seconds=20)))
    wallet = await desk.exchange.read_wallet()
    sent = await desk.received("/v5/account/wallet-balance")

    assert wallet.wallet.equity > 0
    assert [request["retCode"] for request in sent] == [10002, 0]


async def test_a_clock_that_is_right_again_lifts_the_block(make_desk: MakeDesk) -> None:
    """XC-31, EX-6: 500 ms either way."""

    class Mended(ShiftedClock):
        def mend(self) -> None:
            self._ahead = timedelta(0)

    clock = Mended(timedelta(seconds=2))
    desk = make_desk(clock=clock)
    await desk.exchange.measure_clock()
    clock.mend()
    await desk.exchange.measure_clock()

    assert blocks(desk) == [("BlockSet", Block.CLOCK), ("BlockLifted", Block.CLOCK)]


async def test_a_refused_key_is_told_once_and_lifted_by_the_next_good_answer(
    desk: Desk,
) -> None:
    """XC-32, EX-11, RI-9."""
    await desk.command(
        "answer", account=desk.name, path=CREATE, code=10005, message="Permission denied", count=2
    )
    answers = [await desk.place(desk.order("0.4")) for _ in range(2)]
    await desk.exchange.read_wallet()
    told = [report.problem for report in desk.reports if isinstance(report, CredentialsReported)]

    assert [getattr(answer, "refusal", None) for answer in answers] == [
        RefusalClass.CREDENTIALS,
        RefusalClass.CREDENTIALS,
    ]
    assert blocks(desk) == [("BlockSet", Block.CREDENTIALS), ("BlockLifted", Block.CREDENTIALS)]
    assert [problem.code if problem else None for problem in told] == [10005, None]
    assert "Orders and Positions" in str(told[0])


def everything_said(desk: Desk, caught: list[Any], records: list[logging.LogRecord]) -> str:
    said = itertools.chain(desk.events, desk.reports, caught, [desk.exchange, desk.credentials])
    texts = [f"{one!r} {one}" for one in said]
    return "\n".join([*texts, *(record.getMessage() for record in records)])


async def test_no_secret_is_ever_said(
    make_desk: MakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    """XC-33, EX-13: a wrong signature makes the venue echo the key, and even so."""
    caplog.set_level(logging.DEBUG)
    desk = make_desk(name="hush", secret="not-the-right-secret")
    caught: list[Any] = []
    with pytest.raises(CredentialsRefusedError) as refused:
        await desk.exchange.read_wallet()
    caught += [refused.value, refused.value.__cause__, await desk.place(desk.order("0.4"))]
    desk.run()
    await desk.until("BlockSet", block=Block.CREDENTIALS)
    said = everything_said(desk, caught, caplog.records)

    assert "10004" in said
    assert "sim-hush" not in said
    assert "not-the-right-secret" not in said


def nowhere() -> Endpoints:
    """An address of this machine at which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{unused.getsockname()[1]}"
    return Endpoints(
        rest=f"http://{place}", public_stream=f"ws://{place}", private_stream=f"ws://{place}"
    )


async def test_what_never_reached_the_venue_is_denied_not_unknown(make_desk: MakeDesk) -> None:
    """XC-34, EX-2: a dead peer is a condition; nothing was sent, so nothing can have happened."""
    desk = make_desk(clock=QuickClock(), endpoints=nowhere())
    answer = await desk.place(desk.order("0.4"))
    resolved = await desk.exchange.resolve(ResolveOrder(order_id=desk.new_id(), symbol=SYMBOL))

    assert isinstance(answer, OrderDenied)
    assert "cannot be reached" in answer.reason
    assert resolved == ()
    with pytest.raises(UnavailableError, match="cannot be reached"):
        await desk.exchange.read_wallet()
