"""GR-41 to GR-48, GR-35, EX-9: what is rebuilt after a restart, a gap, or other hands."""

from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain import events as ev
from botrunner.domain.control import (
    ParametersChanged,
    PrivateStreamLost,
    PrivateStreamRestored,
)
from botrunner.domain.emergency import StopCause
from botrunner.domain.parameters import ForeignOrders, GridParameters, StrategyParameters
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.engine.state import Phase
from support.engine_drive import XRP, Drive, account, grid, started
from support.grid_contract import Held, VenueOrder
from support.grid_rules import broken_rules

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT


def deep() -> Drive:
    """GR-23 after its third step: long 0..2 and short 0 filled."""
    drive = started()
    for price in ("0.99", "0.9896", "0.9801"):
        drive.move(price)
    return drive


def everything(drive: Drive) -> object:
    return [
        (drive.resting(side), drive.resting(side, EXIT), drive.run.grid.side(side).levels)
        for side in SIDES
    ]


def test_a_restart_keeps_every_order_that_is_right() -> None:
    """GR-41: nothing is cancelled and placed anew that could stay."""
    drive = deep()
    before, requests = everything(drive), len(drive.venue.requests)
    drive.restart()

    assert everything(drive) == before
    assert len(drive.venue.requests) == requests


def test_the_reference_comes_back_from_the_filled_orders() -> None:
    """GR-2: whatever the price is by then."""
    drive = deep()
    drive.restart()

    assert drive.run.grid.reference == 75


def test_a_take_profit_that_filled_while_away_reopens_the_side() -> None:
    """GR-41: GR-32 for a side that closed meanwhile."""
    drive = deep()
    drive.stream = False
    drive.venue.move(XRP, Decimal("0.9961"))
    drive.restart()
    drive.settle(12)

    assert drive.run.grid.long.highest == 0
    assert drive.resting(SHORT) == [(1, "150", "0.9995")]
    assert broken_rules(drive) == []


def test_an_entry_that_filled_while_away_is_protected_first() -> None:
    """GR-41: exits are set right first."""
    drive = deep()
    drive.stream = False
    drive.venue.move(XRP, Decimal("0.9702"))
    before = len(drive.venue.requests)
    drive.restart()
    first = drive.venue.requests[before]

    assert getattr(first, "purpose", None) is EXIT
    assert drive.run.grid.long.highest == 3
    assert broken_rules(drive) == []


def test_a_part_of_the_take_profit_that_filled_is_taken_off_pro_rata() -> None:
    """GR-42."""
    drive = deep()
    exit_order = drive.order_at(LONG, 0, EXIT)
    drive.tell(*drive.venue.fill_part(exit_order.order_id, Decimal(125)))
    holding = drive.run.grid.long.holding
    drive.restart()

    assert drive.run.grid.long.holding == holding
    assert drive.run.grid.long.highest == 2
    assert not drive.run.approximated


def test_a_position_without_history_becomes_one_synthetic_level() -> None:
    """GR-42: the position wins; it stands for levels 0..k."""
    drive = deep()
    drive.venue.fills = [fill for fill in drive.venue.fills if fill.side is SHORT]
    drive.restart()
    drive.settle(2)
    (level,) = drive.run.grid.long.levels

    assert (level.number, level.quantity, level.synthetic) == (2, Decimal(525), True)
    assert "RecoveredApproximately" in drive.notices()
    assert drive.run.grid.reference == 75
    assert drive.resting(LONG, EXIT) != []
    assert drive.engine.state.stop is None


def test_a_start_that_rests_unfilled_is_kept() -> None:
    """GR-41: an open order that is what should rest is kept."""
    drive = started()
    drive.venue.held.clear()
    drive.venue.fills.clear()
    drive.venue.orders.clear()
    drive.restart()

    assert drive.run.grid.long.highest == 0
    assert broken_rules(drive) == []


def test_a_fill_during_the_reads_begins_recovery_again() -> None:
    """GR-43."""
    drive = deep()
    drive.answer_reads = False
    drive.restart()
    token = drive.run.token
    drive.tell(*drive.venue.move(XRP, Decimal("0.9702")))

    assert drive.run.phase is Phase.RECOVERING
    assert drive.run.token > token


def test_the_sixth_disturbance_is_an_emergency_stop() -> None:
    """GR-43: at most 5 times."""
    drive = deep()
    drive.answer_reads = False
    drive.restart()
    order = drive.order_at(LONG, 3).order_id
    for _ in range(5):
        drive.tell(drive.venue.fill_part(order, Decimal(1))[0])
    assert drive.engine.state.stop is None
    drive.tell(drive.venue.fill_part(order, Decimal(1))[0])

    assert drive.engine.state.stop is not None
    assert drive.engine.state.stop.cause is StopCause.INVARIANT


def test_what_a_gap_of_the_stream_hid_disturbs_a_recovery_once() -> None:
    """GR-43: not the reads of EX-9; they tell of the last minute in one moment."""
    drive = deep()
    order = drive.order_at(LONG, 3).order_id
    for _ in range(10):
        drive.venue.fill_part(order, Decimal(1))
    drive.answer_reads = False
    drive.restart()
    drive.wait(1)
    drive.tell(*drive.venue.fills)

    assert len(drive.venue.fills) > 10
    assert drive.engine.state.stop is None
    assert drive.run.restarts == 1

    drive.answer_reads = True
    drive.tell(drive.venue.read_symbol(drive.run.token, XRP))
    drive.settle(3)

    assert broken_rules(drive) == []


def test_an_order_that_ended_while_the_account_was_read_begins_no_recovery() -> None:
    """GR-48: a busy market is no gap; the read is older than it looks."""
    drive = deep()
    drive.answer_reads = False
    drive.settle(31)
    token = drive.engine.state.account_token
    assert token
    old = drive.venue.read_account(token)
    drive.move("0.9702")
    drive.tell(old)

    assert drive.run.phase is Phase.TRADING
    assert drive.run.token == 0


def test_an_answer_to_an_older_read_is_dropped() -> None:
    """GR-43."""
    drive = deep()
    drive.answer_reads = False
    drive.restart()
    old = drive.venue.read_symbol(drive.run.token, XRP)
    drive.tell(*drive.venue.move(XRP, Decimal("0.9702")))
    drive.tell(old)

    assert drive.run.phase is Phase.RECOVERING


def test_a_recovering_strategy_sends_nothing() -> None:
    drive = deep()
    drive.answer_reads = False
    before = len(drive.venue.requests)
    drive.restart()
    drive.wait(5)

    assert len(drive.venue.requests) == before


def test_a_gap_of_the_stream_is_reconciled_before_anything_new() -> None:
    """EX-9: fills missed meanwhile are applied once, by reading what is missing."""
    drive = deep()
    drive.tell(PrivateStreamLost(at=drive.venue.now))
    drive.stream = False
    drive.move("0.9702")
    drive.stream = True
    drive.tell(PrivateStreamRestored(at=drive.venue.now))
    drive.settle(5)

    assert drive.run.grid.long.highest == 3
    assert drive.engine.state.stop is None
    assert broken_rules(drive) == []


def test_a_difference_that_two_reads_show_is_a_gap() -> None:
    """GR-48."""
    drive = deep()
    drive.venue.held[(XRP, LONG)] = Held(quantity=Decimal(500), notional=Decimal(490))
    drive.settle(40)

    assert "OutOfSync" in drive.notices()
    assert "RecoveredApproximately" in drive.notices()
    assert drive.resting(LONG, EXIT)[0][1] == "500"


def by_hand(drive: Drive, side: Side, quantity: str) -> None:
    """A person closes a part of a side."""
    order = VenueOrder(
        order_id="web-1",
        symbol=XRP,
        side=side,
        reduces=True,
        price=drive.venue.prices[XRP],
        quantity=Decimal(quantity),
        created_at=drive.venue.now,
    )
    drive.venue.orders[order.order_id] = order
    drive.tell(*drive.venue.fill_part(order.order_id, Decimal(quantity)))


def test_a_reduction_by_other_hands_holds_the_strategy() -> None:
    """GR-35: take-profit resized, no new entries."""
    drive = deep()
    resting = drive.resting(LONG), drive.resting(SHORT)
    by_hand(drive, LONG, "100")
    drive.settle(3)

    assert drive.run.hold_id
    assert "ExternallyReduced" in drive.notices()
    assert drive.resting(LONG, EXIT)[0][1] == "425"
    assert (drive.resting(LONG), drive.resting(SHORT)) == resting

    drive.move("0.9702")

    assert drive.run.grid.long.highest == 3
    assert drive.resting(LONG) == []


def acknowledged(drive: Drive) -> None:
    strategy = StrategyParameters(
        name="xrp", symbol=XRP, grid=grid(), acknowledged_hold=drive.run.hold_id
    )
    drive.parameters = account(strategy)
    drive.tell(ParametersChanged(at=drive.venue.now, parameters=drive.parameters))
    drive.settle(12)


def test_an_acknowledged_hold_goes_on_with_the_levels_as_they_are() -> None:
    """GR-35: a reduced side keeps its levels, pro rata."""
    drive = deep()
    by_hand(drive, LONG, "100")
    acknowledged(drive)

    assert drive.run.hold_id == ""
    assert drive.run.grid.long.highest == 2
    assert broken_rules(drive) == []


def test_a_side_that_was_closed_by_hand_reopens_once_acknowledged() -> None:
    """GR-35: on resume a flat side follows GR-32."""
    drive = deep()
    by_hand(drive, LONG, "525")
    drive.settle(2)
    assert drive.venue.held[(XRP, LONG)].quantity == 0
    acknowledged(drive)

    assert drive.run.grid.long.highest == 0
    assert broken_rules(drive) == []


def test_a_hold_survives_a_restart_and_ends_by_its_id() -> None:
    """GR-35."""
    drive = deep()
    by_hand(drive, LONG, "100")
    hold = drive.run.hold_id
    drive.restart()
    drive.settle(2)

    assert drive.run.hold_id == hold

    acknowledged(drive)
    drive.restart()
    drive.settle(2)

    assert drive.run.hold_id == ""
    assert broken_rules(drive) == []


def foreign(drive: Drive, order_id: str = "web-9") -> None:
    """A person's order rests on the grid's symbol."""
    order = VenueOrder(
        order_id=order_id,
        symbol=XRP,
        side=LONG,
        reduces=False,
        price=Decimal("0.5"),
        quantity=Decimal(100),
        created_at=drive.venue.tick(),
    )
    drive.venue.orders[order_id] = order
    drive.tell(
        ev.OrderOpened(
            order_id=order_id,
            at=drive.venue.now,
            symbol=XRP,
            side=LONG,
            reduces=False,
            quantity=order.quantity,
            price=order.price,
            filled=Decimal(0),
        )
    )


def test_a_foreign_order_on_a_grids_symbol_is_cancelled() -> None:
    """GR-47: Cancel is the default."""
    drive = deep()
    foreign(drive)

    assert not drive.venue.orders["web-9"].is_open
    assert "ForeignOrder" in drive.notices()


def test_a_foreign_order_can_hold_the_strategy_instead() -> None:
    """GR-47: Refuse."""
    base = grid()
    refusing = GridParameters(wanted=base.wanted, on_foreign_orders=ForeignOrders.REFUSE)
    drive = started(parameters=account(of=refusing))
    foreign(drive)
    drive.move("0.99")

    assert drive.venue.orders["web-9"].is_open
    assert drive.resting(LONG) == []
    assert "web-9" in drive.run.message


def test_orders_of_a_strategy_that_nobody_has_are_cancelled() -> None:
    """PR-7: our prefix, no owner."""
    drive = deep()
    orphan = "tf" + drive.order_at(LONG, 3).order_id[2:].replace("-xrp", "-gone")
    foreign(drive, orphan)

    assert not drive.venue.orders[orphan].is_open


@pytest.mark.parametrize("sides", [SIDES, (SHORT,)])
def test_recovery_of_a_flat_account_starts_anew(sides: tuple[Side, ...]) -> None:
    """GR-41: both sides flat is GR-11; one flat side is GR-32."""
    drive = deep()
    for side in sides:
        drive.venue.held[(XRP, side)] = Held()
    drive.venue.fills = [fill for fill in drive.venue.fills if fill.side not in sides]
    drive.restart()
    drive.settle(12)

    assert drive.run.grid.short.highest == 0
    assert broken_rules(drive) == []


def test_reconciliation_comes_every_reconcile_seconds() -> None:
    """GR-48."""
    drive = deep()
    before = drive.engine.state.tokens
    drive.settle(95)

    assert drive.engine.state.tokens == before + 3
    assert drive.engine.state.next_account_at is not None
    assert drive.engine.state.next_account_at - drive.venue.now <= timedelta(seconds=30)
