"""KU-27: strategies that leave, and what comes after them under their symbol or their name."""

from dataclasses import replace
from decimal import Decimal

import pytest

from botrunner.domain.control import InstrumentRead, ParametersChanged, PrivateStreamRestored
from botrunner.domain.ids import decode, encode
from botrunner.domain.parameters import AccountParameters, OnRemove, StrategyParameters
from botrunner.domain.side import Purpose, Side
from support.engine_drive import NOON, XRP, Drive, account, grid
from support.grid_contract import instrument
from support.grid_rules import broken_rules
from support.grid_venue import GridVenue

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT
DOGE = "DOGEUSDT"
ON_XRP = StrategyParameters(name="xrp", symbol=XRP, grid=grid())
RENAMED = replace(ON_XRP, name="ripple")
ON_DOGE = replace(ON_XRP, symbol=DOGE)
"""Another strategy under the same name."""


@pytest.fixture
def drive() -> Drive:
    """A venue with two symbols; the grid on one of them has filled levels."""
    venue = GridVenue(
        now=NOON,
        instruments={symbol: instrument(symbol) for symbol in (XRP, DOGE)},
        prices={XRP: Decimal(1), DOGE: Decimal(1)},
    )
    made = Drive(venue=venue, parameters=account(ON_XRP))
    made.start()
    made.move("0.99")
    return made


def change(
    drive: Drive, *strategies: StrategyParameters, on_remove: OnRemove = OnRemove.KEEP_EXITS
) -> None:
    """The list is edited, and the instruments of what is new are read."""
    parameters = AccountParameters(strategies=strategies, on_remove=on_remove)
    drive.parameters = parameters
    drive.tell(ParametersChanged(at=drive.venue.now, parameters=parameters))
    for each in strategies:
        tell_instrument(drive, each.symbol)


def tell_instrument(drive: Drive, symbol: str) -> None:
    found = drive.venue.instruments[symbol]
    drive.tell(
        InstrumentRead(at=drive.venue.now, instrument=found, fees=drive.venue.fees),
        drive.venue.quote(symbol),
    )


def close_xrp(drive: Drive) -> None:
    """Both take-profits fill."""
    drive.move("0.9896")
    drive.move("1.02")
    drive.settle(3)


def held(drive: Drive) -> list[tuple[str, str]]:
    return sorted((p.symbol, p.side.value) for p in drive.venue.positions())


def test_a_renamed_strategy_keeps_its_exits_through_a_restart(drive: Drive) -> None:
    """The one that was there first has the symbol, in the next life too."""
    change(drive, RENAMED)
    drive.parameters = account(RENAMED, replace(ON_XRP, retiring=True))
    drive.restart()
    drive.settle(3)
    exits, entries = drive.resting(LONG, EXIT), drive.resting(LONG)
    close_xrp(drive)

    assert [quantity for _, quantity, _ in exits] == ["225"]
    assert entries == []
    assert list(drive.engine.state.runs) == ["ripple"]
    assert broken_rules(drive) == []


def test_another_symbol_under_the_name_of_a_retiring_strategy_waits(drive: Drive) -> None:
    """What is held of the one symbol is never taken for levels of the other."""
    change(drive)
    change(drive, ON_DOGE)
    drive.settle(3)
    exits = drive.resting(LONG, EXIT)
    symbols = {order.symbol for order in drive.venue.open_orders()}
    close_xrp(drive)
    tell_instrument(drive, DOGE)
    drive.settle(3)

    assert [quantity for _, quantity, _ in exits] == ["225"]
    assert symbols == {XRP}
    assert drive.run.symbol == DOGE
    assert held(drive) == [(DOGE, "long"), (DOGE, "short")]
    assert broken_rules(drive) == []


def test_another_symbol_under_a_retiring_name_waits_in_the_next_life_too(drive: Drive) -> None:
    change(drive, ON_DOGE)
    drive.parameters = account(ON_DOGE, replace(ON_XRP, retiring=True))
    drive.restart()
    drive.settle(3)
    symbols = {order.symbol for order in drive.venue.open_orders()}
    close_xrp(drive)
    drive.settle(3)

    assert symbols == {XRP}
    assert drive.run.symbol == DOGE
    assert held(drive) == [(DOGE, "long"), (DOGE, "short")]


def test_a_strategy_that_is_closed_because_it_left_is_closed_after_a_restart_too(
    drive: Drive,
) -> None:
    """KU-27: Flatten."""
    retiring = account(replace(ON_XRP, retiring=True))
    drive.parameters = replace(retiring, on_remove=OnRemove.FLATTEN)
    drive.restart()
    drive.settle(5)

    assert held(drive) == []
    assert drive.engine.state.runs == {}


def test_an_edit_of_on_remove_acts_on_what_is_retiring_already(drive: Drive) -> None:
    """It applies live."""
    change(drive)
    kept = held(drive)
    change(drive, on_remove=OnRemove.FLATTEN)
    drive.settle(5)

    assert kept == [(XRP, "long"), (XRP, "short")]
    assert held(drive) == []


def test_an_older_runners_order_of_the_old_symbol_is_not_taken_for_the_new_ones(
    drive: Drive,
) -> None:
    """PR-7, PR-8: the id names the strategy; whose it is, the symbol says too."""
    change(drive, ON_DOGE)
    close_xrp(drive)
    tell_instrument(drive, DOGE)
    drive.settle(3)
    began = drive.run.begun_at
    order = drive.order_at(LONG, 1)
    late = replace(order, order_id=of_lower_epoch(order.order_id), symbol=XRP)
    late.created_at = drive.venue.tick()
    drive.venue.orders[late.order_id] = late
    drive.wait(1)
    drive.tell(PrivateStreamRestored(at=drive.venue.now))

    assert drive.run.begun_at == began
    assert not late.is_open


def of_lower_epoch(order_id: str) -> str:
    identity = decode(order_id)
    assert identity is not None
    return encode(replace(identity, epoch=identity.epoch - 1))
