"""GR-47, PR-7, RI-3: orders of others that have to go, and the rate budget they go by."""

from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain import events as ev
from botrunner.domain.actions import CancelOrder, ReadAccount
from botrunner.domain.control import Event, PersonStopSet, PrivateStreamRestored
from botrunner.domain.emergency import StopPolicy
from botrunner.domain.parameters import (
    AccountParameters,
    ForeignOrders,
    GridParameters,
    StopParameters,
)
from botrunner.domain.side import Side
from botrunner.engine.limits import RequestLimits
from support.engine_drive import XRP, Drive, account, grid, started
from support.grid_contract import VenueOrder

FLATTENED = AccountParameters(
    strategies=account().strategies, stop=StopParameters(policy=StopPolicy.FLATTEN)
)


def foreign(drive: Drive, order_id: str, symbol: str = XRP) -> ev.OrderOpened:
    """A person places an order; what the stream tells of it."""
    order = VenueOrder(
        order_id=order_id,
        symbol=symbol,
        side=Side.LONG,
        reduces=False,
        price=Decimal("0.5"),
        quantity=Decimal(100),
        created_at=drive.venue.tick(),
    )
    drive.venue.orders[order_id] = order
    return ev.OrderOpened(
        order_id=order_id,
        at=drive.venue.now,
        symbol=symbol,
        side=order.side,
        reduces=False,
        quantity=order.quantity,
        price=order.price,
        filled=Decimal(0),
        created_at=order.created_at,
    )


def reads(drive: Drive, event: Event) -> list[ReadAccount]:
    actions = drive.engine.process(event).actions
    return [action for action in actions if isinstance(action, ReadAccount)]


def test_many_orders_of_others_are_cancelled_as_fast_as_the_budget_allows() -> None:
    """EX-5: a cancel that waits for a token has not been tried, so nothing is put off for it."""
    drive = started()
    drive.limits = RequestLimits()
    drive.restart()
    drive.tell(*[foreign(drive, f"web-{number}") for number in range(60)])
    for _ in range(120):
        drive.wait(0.1)
    left = [order.order_id for order in drive.venue.open_orders() if "web" in order.order_id]

    assert left == []


@pytest.mark.parametrize("refusal", [ev.RefusalClass.RATE, ev.RefusalClass.OTHER])
def test_an_order_of_others_whose_cancel_is_refused_is_tried_again(
    refusal: ev.RefusalClass,
) -> None:
    """GR-47: it still rests, whatever the venue said."""
    drive = started()
    now = drive.venue.now
    first = drive.engine.process(foreign(drive, "web-1"))
    drive.engine.process(
        ev.CancelRejected(order_id="web-1", at=now, refusal=refusal, message="not now")
    )
    again = drive.engine.process(ev.TimerFired(at=now + timedelta(seconds=1.1)))
    cancels = [
        [getattr(action, "action", None) for action in outcome.actions]
        for outcome in (first, again)
    ]

    cancel = CancelOrder(order_id="web-1", symbol=XRP, foreign=True)
    assert [cancel in actions for actions in cancels] == [True, True]


def test_an_order_placed_while_the_account_is_read_is_not_forgotten() -> None:
    """GR-47: a read is older than it looks."""
    wanted = grid().wanted
    refusing = GridParameters(wanted=wanted, on_foreign_orders=ForeignOrders.REFUSE)
    drive = started(parameters=account(of=refusing))
    drive.answer_reads = False
    drive.wait(1)
    drive.tell(PrivateStreamRestored(at=drive.venue.now))
    read = drive.venue.read_account(drive.engine.state.account_token)
    drive.tell(foreign(drive, "web-1"), read)

    assert list(drive.engine.state.foreign) == ["web-1"]


def test_an_order_that_flatten_cannot_cancel_makes_no_storm_of_reads() -> None:
    """RI-3: retried until true, and the venue's limits hold meanwhile."""
    drive = started(parameters=FLATTENED)
    drive.wait(1)
    drive.tell(PersonStopSet(at=drive.venue.now, reason="spec.emergencyStop"))
    drive.settle(3)
    flat = drive.engine.state.stop_complete
    drive.engine.process(foreign(drive, "web-1", "ETHUSDT"))
    asked = 0
    for _ in range(400):  # 40 s: the regular read, which finds the order, and what follows it.
        drive.venue.now += timedelta(milliseconds=100)
        waiting = reads(drive, ev.TimerFired(at=drive.venue.now))
        while waiting and asked < 100:
            asked += 1
            waiting = reads(drive, drive.venue.read_account(waiting[0].token))

    assert flat
    assert 5 <= asked <= 45
    assert not drive.engine.state.stop_complete
