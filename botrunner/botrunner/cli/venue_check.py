"""The half of `tradefleet validate` that asks the venue: public data only, no key."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal

from botapi.v1alpha1.account import Environment, Mode, TradingAccount, TradingAccountSpec
from botapi.v1alpha1.strategies import Strategy
from botrunner.domain.control import InstrumentRead
from botrunner.domain.instrument import Instrument
from botrunner.exchanges.errors import ExchangeError
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.runtime.need import GridNeed, grid_need
from botrunner.runtime.parameters import PERCENT, strategy_parameters
from botrunner.runtime.venues import (
    VenueError,
    addresses,
    inside,
    make_exchange,
    start_simulator,
    wants_simulator,
)
from botrunner.service.clock import SystemClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What the venue says about one strategy: a wrong field, a warning or plain numbers."""

    place: int
    """Of the strategy in ``spec.strategies``."""
    field: str
    """Below the strategy; empty for the strategy itself."""
    rule: str
    remedy: str = ""
    is_wrong: bool = False
    is_warning: bool = False


def ask_venue(account: TradingAccount) -> tuple[Remark, ...]:
    """Numbers, warnings and wrong fields of every strategy.

    Raises VenueError where the venue cannot be asked.
    """
    return asyncio.run(_ask(account))


async def _ask(account: TradingAccount) -> tuple[Remark, ...]:
    clock, spec = SystemClock(), account.spec
    async with AsyncExitStack() as stack:
        where = None
        if wants_simulator(spec):
            simulator = await start_simulator({account.metadata.name: spec}, clock, Decimal(1))
            stack.push_async_callback(simulator.stop)
            where = inside(simulator)
        deaf = Listeners(event=_ignore, market=_ignore, report=_ignore)
        exchange = make_exchange(addresses(spec, where), spec, None, deaf, clock)
        stack.push_async_callback(exchange.close)
        remarks: list[Remark] = []
        for place, strategy in enumerate(spec.strategies):
            remarks += await _ask_about(exchange, spec, place, strategy)
        return tuple(remarks)


async def _ask_about(
    exchange: Exchange, spec: TradingAccountSpec, place: int, strategy: Strategy
) -> list[Remark]:
    try:
        read = await exchange.read_instrument(strategy.symbol)
        candles = await exchange.read_candles(strategy.symbol, "1", 1)
    except ExchangeError as error:
        if error.problem.code is None and "symbol" not in str(error).lower():
            raise VenueError(
                f"the venue cannot be asked about {strategy.symbol}: {error}"
            ) from None
        remedy = "take a linear perpetual that the exchange lists"
        return [Remark(place=place, field="symbol", rule=f"{error}", remedy=remedy, is_wrong=True)]
    grid = strategy_parameters(strategy).grid
    need = grid_need(grid, read.instrument, read.fees, candles[-1].close)
    return list(_remarks(spec, place, strategy, read, need))


def _remarks(
    spec: TradingAccountSpec, place: int, strategy: Strategy, read: InstrumentRead, need: GridNeed
) -> Iterator[Remark]:
    yield Remark(place=place, field="", rule=_steps(strategy, read.instrument, need))
    yield Remark(place=place, field="", rule=_depth(read.instrument, need))
    yield from _leverage(place, strategy, read.instrument)
    yield from _levels(place, need)
    yield from _money(spec, place, need)


def _steps(strategy: Strategy, instrument: Instrument, need: GridNeed) -> str:
    return (
        f"{strategy.symbol} at {_number(need.price)}: tick {_number(instrument.tick_size)}, "
        f"quantity step {_number(instrument.quantity_step)}, an order at least "
        f"{_number(instrument.min_quantity)} and {_number(instrument.min_notional)} USDT, at most "
        f"{_number(instrument.max_quantity)}; leverage {_number(need.leverage)} of at most "
        f"{_number(instrument.max_leverage)}"
    )


def _depth(instrument: Instrument, need: GridNeed) -> str:
    first, last = need.levels[0], need.levels[-1]
    return (
        f"level 0 takes {_number(first.quantity)} {instrument.base_coin} "
        f"({first.value:,.2f} USDT) a side, level {last.level} {_number(last.quantity)} "
        f"({last.value:,.2f} USDT); all levels filled on both sides need {need.margin:,.2f} USDT "
        "of margin and fees"
    )


def _leverage(place: int, strategy: Strategy, instrument: Instrument) -> Iterator[Remark]:
    wanted = strategy_parameters(strategy).grid.wanted.leverage
    if wanted > instrument.max_leverage:
        yield Remark(
            place=place,
            field="grid.leverage",
            rule=f"{_number(wanted)} is above the instrument's {_number(instrument.max_leverage)}",
            remedy="it is lowered to that, and the status says so",
            is_warning=True,
        )


def _levels(place: int, need: GridNeed) -> Iterator[Remark]:
    refused = next((each for each in need.levels if each.refused), None)
    if refused is None:
        return
    wrong = refused.level == 0
    yield Remark(
        place=place,
        field="grid.initialMargin" if wrong else "grid.maxLevelsPerSide",
        rule=f"level {refused.level} is refused: {refused.refused}",
        remedy="raise initialMargin or leverage"
        if "below" in refused.refused
        else f"the last that is placed is {need.last_placeable}; lower initialMargin or leverage",
        is_wrong=wrong,
        is_warning=not wrong,
    )


def _money(spec: TradingAccountSpec, place: int, need: GridNeed) -> Iterator[Remark]:
    """Only where the balance is known without a key: GR-60's warning."""
    known = spec.mode is Mode.DRY_RUN or spec.environment is Environment.SIMULATED
    left = spec.initial_balance * (1 - spec.risk.balance_buffer_percent / PERCENT)
    if not known or need.margin <= left:
        return
    deepest = need.deepest_within(left)
    yield Remark(
        place=place,
        field="grid.maxLevelsPerSide",
        rule=f"{need.margin:,.2f} USDT is more than the {left:,.2f} that initialBalance less "
        f"balanceBufferPercent leaves; it pays for levels 0 to {deepest}",
        remedy="beyond that the grid waits for money (Starved); lower initialMargin or levels",
        is_warning=True,
    )


def _number(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ignore(told: object) -> None:
    """Nothing is followed; what fails is raised."""
