"""Cards about reads and settings: pages, histories, instruments, keys (EX-9, GR-10, GR-42)."""

from collections.abc import Iterator
from decimal import Decimal as D

import aiohttp
import pytest

from botrunner.domain.actions import ApplySetting, ReadAccount, ReadSymbol
from botrunner.domain.control import (
    AccountRead,
    ReadFailed,
    Setting,
    SettingApplied,
    SettingLost,
    SettingRefused,
    SymbolRead,
)
from botrunner.domain.events import OrderFilled
from botrunner.domain.market import FeeRates
from botrunner.domain.side import Purpose, Side
from botrunner.exchanges.errors import RejectedError, UnavailableError
from botrunner.exchanges.key_check import key_refusal
from botrunner.service.clock import SystemClock
from contract.exchanges.conftest import MakeDesk, StandingPrices
from contract.exchanges.desk import SYMBOL, Desk
from support.raw_bybit import RawClient
from support.simulator import RunningSimulator, running_simulator


@pytest.fixture(scope="module")
def unlimited() -> Iterator[RunningSimulator]:
    """A simulator without rate limits, for cards that place many orders."""
    with running_simulator(source=StandingPrices(), rate_limits=False) as running:
        yield running


async def read_symbol(desk: Desk) -> SymbolRead:
    read = await desk.exchange.read_symbol(ReadSymbol(token=1, symbol=SYMBOL))
    assert isinstance(read, SymbolRead)
    return read


async def trade(desk: Desk, quantity: str, side: Side, purpose: Purpose = Purpose.ENTRY) -> str:
    """Fill an order at the market and wait until the stream has said so."""
    order = desk.order(None, quantity, side=side, purpose=purpose)
    await desk.place(order)
    await desk.until("OrderCompleted", order_id=order.order_id)
    return order.order_id


async def test_open_orders_are_read_to_the_last_page(
    make_desk: MakeDesk, unlimited: RunningSimulator
) -> None:
    """XC-40, EX-9: a page holds 50."""
    desk = make_desk(simulator=unlimited)
    await desk.prepare()
    placed = [desk.order("0.4", "20") for _ in range(120)]
    for order in placed:
        await desk.place(order)
    (read,) = await desk.exchange.read_account(ReadAccount(token=5))

    assert isinstance(read, AccountRead)
    assert {order.order_id for order in read.open_orders} == {one.order_id for one in placed}
    assert read.token == 5
    assert read.wallet.available < read.wallet.margin_balance


async def test_fills_are_read_to_the_last_page(
    make_desk: MakeDesk, unlimited: RunningSimulator
) -> None:
    """XC-41, GR-42: a page holds 100."""
    desk = make_desk(simulator=unlimited)
    await desk.prepare()
    placed = [desk.order(None, "20") for _ in range(130)]
    for order in placed:
        await desk.place(order)
    read = await read_symbol(desk)
    ledger = await desk.ledger()

    assert [fill.execution_id for fill in read.fills] == [
        execution["executionId"] for execution in ledger["executions"]
    ]
    assert {order.order_id for order in read.orders} == {one.order_id for one in placed}


async def test_a_symbol_is_read_back_to_where_each_side_was_last_flat(desk: Desk) -> None:
    """XC-42: both sides' present lives are whole, whatever lies before them."""
    await trade(desk, "100", Side.LONG)
    short = await trade(desk, "300", Side.SHORT)
    await trade(desk, "100", Side.LONG, Purpose.CLOSE)
    long = await trade(desk, "200", Side.LONG)
    resting = desk.order("0.4")
    await desk.place(resting)
    read = await read_symbol(desk)

    held = {position.side: position.quantity for position in read.positions}
    assert held == {Side.LONG: D(200), Side.SHORT: D(300)}
    assert {short, long} <= {fill.order_id for fill in read.fills}
    assert {short, long} <= {order.order_id for order in read.orders}
    assert [order.order_id for order in read.open_orders] == [resting.order_id]
    assert resting.order_id not in {order.order_id for order in read.orders}
    assert list(read.fills) == sorted(read.fills, key=lambda fill: fill.at)


async def test_a_symbol_never_traded_is_flat_and_has_no_history(desk: Desk) -> None:
    """XC-43."""
    read = await read_symbol(desk)

    assert [position.quantity for position in read.positions] == [D(0), D(0)]
    assert {position.leverage for position in read.positions} == {D(10)}
    assert (read.open_orders, read.orders, read.fills, read.funding) == ((), (), (), ())


async def test_funding_is_told_per_side_with_what_was_paid(desk: Desk) -> None:
    """XC-44, GR-30: the long pays what the short receives."""
    await trade(desk, "100", Side.LONG)
    await trade(desk, "100", Side.SHORT)
    await desk.command("funding", symbol=SYMBOL, rate="0.001")
    long = await desk.until("FundingSettled", side=Side.LONG)
    short = await desk.until("FundingSettled", side=Side.SHORT)
    read = await read_symbol(desk)

    assert long.paid == D("0.05")
    assert short.paid == D("-0.05")
    assert {one.execution_id for one in read.funding} == {long.execution_id, short.execution_id}


async def test_settings_that_are_as_wanted_already_are_applied(desk: Desk) -> None:
    """XC-45, GR-10."""
    for setting, value in (
        (Setting.LEVERAGE, D(10)),
        (Setting.HEDGE_MODE, D(1)),
        (Setting.CROSS_MARGIN, D(1)),
    ):
        answer = await desk.exchange.apply_setting(
            ApplySetting(symbol=SYMBOL, setting=setting, value=value)
        )

        assert isinstance(answer, SettingApplied)
        assert answer.value == value


async def test_an_account_under_isolated_margin_comes_up_and_is_set_to_cross(
    make_desk: MakeDesk,
) -> None:
    """XC-53, GR-10, PR-2: its wallet has no figures until then, and none are made up."""
    desk = make_desk()
    async with aiohttp.ClientSession() as http:
        raw = RawClient(http, desk.simulator.rest_url, desk.name)
        answer = await raw.post("/v5/account/set-margin-mode", setMarginMode="ISOLATED_MARGIN")
        assert answer.code == 0
    desk.run()
    await desk.until("PrivateStreamRestored")
    told = "WalletChanged" in desk.names()
    lost, failed = await desk.exchange.read_account(ReadAccount(token=7))
    with pytest.raises(UnavailableError, match="isolated margin"):
        await desk.exchange.read_wallet()
    await desk.exchange.apply_setting(
        ApplySetting(symbol=SYMBOL, setting=Setting.CROSS_MARGIN, value=D(1))
    )

    assert not told
    assert isinstance(lost, SettingLost)
    assert isinstance(failed, ReadFailed)
    assert (lost.setting, failed.token) == (Setting.CROSS_MARGIN, 7)
    assert (await desk.exchange.read_wallet()).wallet.available == 10_000


async def test_a_setting_the_venue_refuses_is_told_with_its_words(make_desk: MakeDesk) -> None:
    """XC-46, GR-10: an order in one-way mode forbids hedge mode."""
    desk = make_desk()
    await desk.exchange.read_wallet()
    other = make_desk(name=desk.name)
    await other.prepare()
    await other.place(other.order("0.4"))
    answer = await desk.exchange.apply_setting(
        ApplySetting(symbol=SYMBOL, setting=Setting.LEVERAGE, value=D(10_000))
    )

    assert isinstance(answer, SettingRefused)
    assert answer.setting is Setting.LEVERAGE
    assert answer.message[:6] in ("110013", "10001 ")


async def test_an_instrument_comes_with_its_tiers_and_fees(desk: Desk) -> None:
    """XC-47."""
    read = await desk.exchange.read_instrument(SYMBOL)

    assert read.instrument.symbol == SYMBOL
    assert read.instrument.tick_size == D("0.0001")
    assert read.fees == FeeRates(maker=D("0.0002"), taker=D("0.00055"))
    limits = [tier.limit for tier in read.instrument.tiers]
    assert limits == sorted(limits)


async def test_a_symbol_the_venue_does_not_have_is_refused_by_name(desk: Desk) -> None:
    """XC-48."""
    with pytest.raises(RejectedError, match="strategy's symbol|symbol"):
        await desk.exchange.read_instrument("NOPEUSDT")


async def test_an_environment_without_fee_rates_has_the_lowest_tier(desk: Desk) -> None:
    """XC-49, BY-5: demo answers 10032."""
    await desk.command(
        "answer", account=desk.name, path="/v5/account/fee-rate", code=10032, message="Demo"
    )
    read = await desk.exchange.read_instrument(SYMBOL)

    assert read.fees == FeeRates(maker=D("0.0002"), taker=D("0.00055"))


async def test_a_key_tells_its_owner_and_may_trade(desk: Desk) -> None:
    """XC-50, PR-2."""
    key = await desk.exchange.read_key()

    assert key.uid == str((await desk.ledger())["uid"])
    assert key_refusal(key, allow_withdraw=False, now=SystemClock().now()) is None


async def test_candles_come_oldest_first(desk: Desk) -> None:
    """XC-51."""
    candles = await desk.exchange.read_candles(SYMBOL, "1", 5)

    assert [candle.start for candle in candles] == sorted(candle.start for candle in candles)
    assert len(candles) >= 1
    assert not candles[-1].is_closed


async def test_what_the_stream_told_is_what_the_reads_tell(desk: Desk) -> None:
    """XC-52: one truth by two ways."""
    await trade(desk, "100", Side.LONG)
    read = await read_symbol(desk)
    told = [event for event in desk.events if isinstance(event, OrderFilled)]

    assert list(read.fills) == told
