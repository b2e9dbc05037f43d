"""One account, many symbols: one purse, one rate budget, exits back in time."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain.control import ParametersChanged
from botrunner.domain.events import OrderFilled, TimerFired
from botrunner.domain.ids import decode
from botrunner.domain.parameters import AccountParameters, StrategyParameters
from botrunner.domain.side import SIDES, Purpose
from botrunner.engine.limits import RequestLimits
from support.engine_drive import NOON, Drive, account, grid, started
from support.grid_contract import instrument
from support.grid_rules import broken_rules
from support.grid_venue import GridVenue


def market(count: int, *, cash: str = "100000", limits: RequestLimits | None = None) -> Drive:
    """Grids on ``count`` symbols, all at 1.00."""
    strategies = tuple(
        StrategyParameters(name=f"s{number}", symbol=f"S{number}USDT", grid=grid())
        for number in range(count)
    )
    symbols = [strategy.symbol for strategy in strategies]
    venue = GridVenue(
        now=NOON,
        cash=Decimal(cash),
        instruments={symbol: instrument(symbol) for symbol in symbols},
        prices=dict.fromkeys(symbols, Decimal(1)),
    )
    drive = Drive(venue=venue, parameters=account(*strategies))
    if limits is not None:
        drive.limits = limits
    drive.start()
    return drive


def test_two_symbols_never_spend_the_same_money() -> None:
    """GR-22: for one start there is enough, for two there is not."""
    drive = market(2, cash="4.2")
    levels = [run.grid.long.highest for run in drive.engine.state.runs.values()]
    wallet = drive.venue.wallet()

    assert sorted(levels) == [-1, 0]
    assert wallet.available >= 0
    assert not any(
        refusal["what"] == "place"
        for outcome in drive.outcomes
        for refusal in outcome.audit.refusals
    )


def exits_missing(drive: Drive) -> int:
    """Sides that are held without a take-profit at the venue."""
    covered = set()
    for order in drive.venue.open_orders():
        identity = decode(order.order_id)
        if identity is not None and identity.purpose is Purpose.TAKE_PROFIT:
            covered.add((order.symbol, order.side))
    return sum(held.quantity > 0 and key not in covered for key, held in drive.venue.held.items())


def test_twenty_symbols_are_protected_within_ten_seconds_of_a_restart() -> None:
    """GR-45: without local state, at the venue's ten orders a second."""
    drive = market(20)
    for order in drive.venue.open_orders():
        order.is_open = False
    assert exits_missing(drive) == 40
    drive.limits = RequestLimits()
    begun = drive.venue.now
    drive.restart()
    while exits_missing(drive) > 0:
        assert drive.venue.now < begun + timedelta(seconds=10)
        drive.venue.now += timedelta(milliseconds=100)
        drive.tell(TimerFired(at=drive.venue.now))

    assert drive.venue.now - begun < timedelta(seconds=7)


def test_one_symbols_life_leaves_the_others_alone() -> None:
    drive = market(3)
    before = len(drive.venue.requests)
    drive.move("0.99", "S1USDT")

    assert {request.symbol for request in drive.venue.requests[before:]} == {"S1USDT"}


def test_an_execution_told_under_another_symbol_leaves_the_order_that_it_names_alone() -> None:
    """EX-10: counted, it would make the take-profit larger than what is held, and stay so."""
    drive = market(1)
    exit_order = next(order for order in drive.venue.open_orders() if order.reduces)
    before = len(drive.venue.requests)
    drive.tell(
        OrderFilled(
            order_id=exit_order.order_id,
            execution_id="elsewhere",
            symbol="S9USDT",
            side=exit_order.side,
            reduces=True,
            quantity=Decimal(1),
            price=Decimal(1),
            fee=Decimal(0),
            at=drive.venue.tick(),
        )
    )
    drive.settle(35)

    assert drive.venue.requests[before:] == []
    assert broken_rules(drive) == []


@pytest.mark.parametrize("cash", ["40", "100000"])
def test_every_symbol_is_even_after_its_own_moves(cash: str) -> None:
    """GR-3, per symbol."""
    drive = market(3, cash=cash)
    for price, symbol in (("0.99", "S0USDT"), ("1.01", "S1USDT"), ("0.98", "S2USDT")):
        drive.move(price, symbol)
    drive.settle(12)

    for run in drive.engine.state.runs.values():
        for side in SIDES:
            held = drive.venue.held[(run.symbol, side)].quantity
            assert run.grid.side(side).holding.quantity == held
    assert drive.engine.state.stop is None


def test_a_renamed_strategy_waits_until_the_old_one_is_flat() -> None:
    """KU-27: a new name is a new strategy, the old one retires."""
    drive = started()
    drive.move("0.99")
    (old,) = account().strategies
    renamed = AccountParameters(strategies=(replace(old, name="new"),))
    drive.tell(ParametersChanged(at=drive.venue.now, parameters=renamed))
    drive.settle(3)

    assert {order.order_id.partition("-")[2] for order in drive.venue.open_orders()} == {"xrp"}

    for price in ("0.9896", "1.02", "1.02"):
        drive.move(price)
    drive.settle(12)

    assert list(drive.engine.state.runs) == ["new"]
    assert drive.run.grid.long.highest == 0
    assert broken_rules(drive) == []
