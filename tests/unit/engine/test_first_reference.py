"""GR-2: the reference is what the first order came to, also when its amendment is still unanswered.

An amendment and the fill of what it asked for travel on two ways: the fill may be told first.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from botrunner.domain.events import OrderCompleted, OrderEvent, OrderFilled
from botrunner.domain.side import Side
from support.engine_drive import NOON, XRP, Drive, account
from support.grid_venue import GridVenue

AMENDED = Decimal(74)
"""The venue has it; the engine still believes in the 75 that it placed."""


def _opening() -> Drive:
    """Both sides are flat, and nobody has told yet that level 0 filled."""
    venue = GridVenue(now=NOON, prices={XRP: Decimal("1.00")})
    drive = Drive(venue=venue, parameters=account())
    drive.stream = False
    drive.start()
    return drive


def _told(drive: Drive) -> tuple[OrderEvent, OrderEvent]:
    """How the venue tells of long's level 0: its execution, and its end."""
    orders = drive.engine.state.orders.values()
    (order,) = [each for each in orders if each.side is Side.LONG and each.level == 0]
    fill = OrderFilled(
        order_id=order.order_id,
        execution_id="x1",
        symbol=XRP,
        side=Side.LONG,
        reduces=False,
        quantity=AMENDED,
        price=Decimal("1.01"),
        fee=Decimal(0),
        at=drive.venue.now,
    )
    return fill, OrderCompleted(order_id=order.order_id, at=drive.venue.now, filled=AMENDED)


@pytest.mark.parametrize("first", ["fill", "end"])
def test_the_reference_is_what_the_first_order_came_to(first: str) -> None:
    drive = _opening()
    fill, end = _told(drive)
    drive.tell(*((fill, end) if first == "fill" else (end, fill)))

    assert drive.run.grid.reference == AMENDED


def test_a_part_of_the_first_order_leaves_the_reference_as_it_was_placed() -> None:
    """GR-46: the remainder follows."""
    drive = _opening()
    fill, _ = _told(drive)
    assert isinstance(fill, OrderFilled)
    drive.tell(replace(fill, quantity=Decimal(40)))

    assert drive.run.grid.reference == 75
