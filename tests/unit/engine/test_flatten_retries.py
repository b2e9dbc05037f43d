"""RI-3 on the engine: closes that the market did not take are tried again, but not in a storm."""

from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain import events as ev
from botrunner.domain.actions import PlaceOrder
from botrunner.domain.control import Event, PersonStopSet
from botrunner.domain.emergency import StopPolicy
from botrunner.domain.parameters import AccountParameters, StopParameters
from botrunner.domain.position import Position
from botrunner.domain.side import Purpose, Side
from botrunner.risk.verdict import Approved
from support.engine_drive import Drive, account, started

OWNED, UNOWNED = "XRPUSDT", "ETHUSDT"


@pytest.fixture
def drive() -> Drive:
    """Long and short of one symbol by the grid, a long of another by nobody."""
    parameters = AccountParameters(
        strategies=account().strategies, stop=StopParameters(policy=StopPolicy.FLATTEN)
    )
    made = started(parameters=parameters)
    made.settle(3)
    position = Position(
        symbol=UNOWNED,
        side=Side.LONG,
        quantity=Decimal(2),
        average_price=Decimal(3000),
        leverage=Decimal(10),
    )
    made.engine.process(ev.PositionChanged(position=position, at=made.venue.now))
    return made


def closes(drive: Drive, event: Event, symbol: str) -> list[PlaceOrder]:
    """What one event makes the engine close of one symbol."""
    actions = [a.action for a in drive.engine.process(event).actions if isinstance(a, Approved)]
    places = [action for action in actions if isinstance(action, PlaceOrder)]
    return [p for p in places if p.symbol == symbol and p.purpose is Purpose.CLOSE]


@pytest.mark.parametrize("symbol", [OWNED, UNOWNED])
@pytest.mark.parametrize("is_refused", [False, True], ids=["not taken", "refused"])
def test_a_close_that_failed_is_made_again_after_a_second_and_not_before(
    drive: Drive, symbol: str, is_refused: bool
) -> None:
    """RI-3: the tokens in between belong to the other leg."""
    now = drive.venue.now
    first = closes(drive, PersonStopSet(at=now, reason="spec.emergencyStop"), symbol)
    order_id = first[0].order_id
    failed: Event = ev.OrderCancelled(order_id=order_id, at=now, filled=Decimal(0))
    if is_refused:
        failed = ev.OrderRejected(
            order_id=order_id, at=now, refusal=ev.RefusalClass.OTHER, message="no book"
        )
    early = closes(drive, failed, symbol)
    almost = now + timedelta(seconds=0.99)
    early += closes(drive, ev.TimerFired(at=almost), symbol)
    again = closes(drive, ev.TimerFired(at=now + timedelta(seconds=1)), symbol)

    assert [close.side for close in early if close.side is first[0].side] == []
    assert first[0].side in [close.side for close in again]
