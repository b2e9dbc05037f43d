"""RI-1, RI-9 and RI-10 on the engine: what engages a stop, and what does not."""

from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain import events as ev
from botrunner.domain.actions import PlaceOrder, RecordStop
from botrunner.domain.control import (
    Block,
    BlockSet,
    Event,
    ParametersChanged,
    PersonStopSet,
    PositionsUnreadable,
)
from botrunner.domain.emergency import StopCause, StopPolicy
from botrunner.domain.market import Quote
from botrunner.domain.parameters import AccountParameters, RiskParameters, StopParameters
from botrunner.domain.side import Purpose, Side
from botrunner.risk.verdict import Approved
from support.engine_drive import Drive, Fault, account, started

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT


def trading(policy: StopPolicy = StopPolicy.CANCEL_ENTRIES) -> Drive:
    parameters = AccountParameters(
        strategies=account().strategies, stop=StopParameters(policy=policy)
    )
    drive = started(parameters=parameters)
    drive.move("0.99")
    return drive


def test_the_margin_rate_engages_a_stop_on_a_price_alone() -> None:
    """RI-10 and GR-50: the estimate counts before any wallet push."""
    drive = started(cash="60")
    for price in ("0.99", "0.9801"):
        drive.move(price)
    assert drive.engine.state.stop is None
    quote = drive.venue.quote("XRPUSDT")
    crash = ev.QuoteChanged(
        symbol="XRPUSDT",
        quote=Quote(
            bid=Decimal("0.80"),
            ask=Decimal("0.80"),
            last=Decimal("0.80"),
            mark=Decimal("0.80"),
            at=quote.at,
        ),
    )
    drive.engine.process(crash)

    held = drive.engine.state.stop
    assert held is not None
    assert (held.cause, held.latched) == (StopCause.MARGIN, True)
    assert Decimal(held.rate) >= Decimal("0.9")


def test_five_refused_writes_in_a_row_engage_a_stop() -> None:
    """RI-1: errors; a pair refused together is two writes."""
    drive = trading()
    drive.faults.extend([Fault.REJECTED] * 6)
    drive.tell(
        ev.OrderCancelled(
            order_id=drive.order_at(LONG, 2).order_id, at=drive.venue.now, filled=Decimal(0)
        )
    )
    drive.settle(1)
    assert drive.engine.state.stop is None
    drive.settle(20)

    held = drive.engine.state.stop
    assert held is not None
    assert held.cause is StopCause.ERRORS


@pytest.mark.parametrize("refusal", [ev.RefusalClass.MONEY, ev.RefusalClass.RATE])
def test_want_of_money_and_rate_never_add_up_to_a_stop(refusal: ev.RefusalClass) -> None:
    """RI-1."""
    drive = trading()
    order = next(iter(drive.engine.state.orders))
    for _ in range(9):
        drive.tell(
            ev.AmendRejected(order_id=order, at=drive.venue.now, refusal=refusal, message="")
        )

    assert drive.engine.state.errors_in_row == 0
    assert drive.engine.state.stop is None


def liquidated(drive: Drive) -> Event:
    return ev.OrderFilled(
        order_id="venue-order",
        execution_id="liq-1",
        symbol="XRPUSDT",
        side=LONG,
        reduces=True,
        quantity=Decimal(100),
        price=Decimal("0.9"),
        fee=Decimal(0),
        at=drive.venue.now,
        kind=ev.FillKind.LIQUIDATION,
    )


@pytest.mark.parametrize("prefix", ["cancel", "fill"])
def test_a_liquidation_engages_the_stop_before_any_strategy_acts(prefix: str) -> None:
    """RI-1: venue."""
    drive = trading()
    event: Event = liquidated(drive)
    if prefix == "cancel":
        order_id = drive.order_at(LONG, 2).order_id
        event = ev.OrderCancelled(
            order_id=order_id, at=drive.venue.now, filled=Decimal(0), by_venue=True
        )
    outcome = drive.engine.process(event)

    held = drive.engine.state.stop
    assert held is not None
    assert held.cause is StopCause.VENUE
    assert isinstance(outcome.actions[0], RecordStop)
    assert not any(
        isinstance(action, Approved)
        and isinstance(action.action, PlaceOrder)
        and not action.action.reduce_only
        for action in outcome.actions
    )


def test_unreadable_positions_stop_an_account_that_has_some() -> None:
    """RI-9."""
    drive = trading()
    drive.tell(PositionsUnreadable(at=drive.venue.now, message="503"))

    assert drive.engine.state.stop is not None
    assert drive.engine.state.stop.cause is StopCause.ERRORS


def test_unreadable_positions_only_hold_an_account_that_has_none() -> None:
    """RI-9: until a read succeeds."""
    drive = started(cash="1")
    drive.tell(PositionsUnreadable(at=drive.venue.now, message="503"))
    drive.venue.cash += 1000
    drive.answer_reads = False
    drive.tell_wallet()

    assert drive.engine.state.stop is None
    assert drive.venue.requests == []

    drive.answer_reads = True
    drive.settle(95)

    assert drive.run.grid.long.highest == 0


def test_a_refused_key_stops_an_account_with_positions() -> None:
    """RI-9."""
    drive = trading()
    order = drive.order_at(LONG, 2).order_id
    drive.tell(
        ev.AmendRejected(
            order_id=order,
            at=drive.venue.now,
            refusal=ev.RefusalClass.CREDENTIALS,
            message="10003 invalid key",
        )
    )

    assert drive.engine.state.stop is not None
    assert drive.engine.state.stop.cause is StopCause.ERRORS


def test_a_missing_take_profit_beyond_the_grace_engages_a_stop() -> None:
    """RI-1: GR-34 beyond grace is a broken invariant."""
    parameters = account(
        risk=RiskParameters(max_consecutive_errors=100, invariant_grace=timedelta(seconds=30))
    )
    drive = started(parameters=parameters)
    drive.faults.extend([Fault.DENIED] * 500)
    exit_order = drive.order_at(LONG, 0, EXIT)
    exit_order.is_open = False
    drive.tell(
        ev.OrderCancelled(order_id=exit_order.order_id, at=drive.venue.now, filled=Decimal(0))
    )
    drive.settle(29)
    assert drive.engine.state.stop is None
    drive.settle(4)

    assert drive.engine.state.stop is not None
    assert drive.engine.state.stop.cause is StopCause.INVARIANT


def test_a_key_refused_beside_any_order_stops_an_account_with_positions() -> None:
    """RI-9: the sign-in of the stream or a read found it out; nobody waits for a write."""
    drive = trading()
    drive.engine.process(BlockSet(at=drive.venue.now, block=Block.CREDENTIALS))

    held = drive.engine.state.stop
    assert held is not None
    assert (held.cause, held.latched) == (StopCause.ERRORS, True)


def test_a_key_refused_while_flat_is_no_stop() -> None:
    """RI-9: there is nothing to protect; TradingEnabled says why nothing is sent."""
    drive = Drive(venue=started().venue, parameters=account())
    drive.engine.process(BlockSet(at=drive.venue.now, block=Block.CREDENTIALS))

    assert drive.engine.state.stop is None


def test_an_edit_of_the_policy_voids_what_was_approved_under_the_old_one() -> None:
    """RI-3: a cancel on its way to the wire must not leave once the stop is a Freeze."""
    drive = trading()
    drive.engine.process(PersonStopSet(at=drive.venue.now, reason="spec.emergencyStop"))
    before = drive.engine.state.generation
    frozen = AccountParameters(
        strategies=drive.parameters.strategies, stop=StopParameters(policy=StopPolicy.FREEZE)
    )
    outcome = drive.engine.process(ParametersChanged(at=drive.venue.now, parameters=frozen))

    assert drive.engine.state.generation == before + 1
    assert drive.engine.state.policy is StopPolicy.FREEZE
    assert not [action for action in outcome.actions if isinstance(action, Approved)]
