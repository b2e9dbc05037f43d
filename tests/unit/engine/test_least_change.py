"""Desired orders against open orders: keep what is right, change the least, exits first."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from botrunner.domain.desired import DesiredOrder
from botrunner.domain.order import Order, OrderState, Pending
from botrunner.domain.side import Purpose, Side
from botrunner.domain.traits import VenueTraits
from botrunner.engine.diff import Amend, Cancel, Place, Replacing, compare

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RESTING = Order(
    order_id="a",
    symbol="XRPUSDT",
    strategy="xrp",
    side=Side.LONG,
    purpose=Purpose.ENTRY,
    level=1,
    quantity=Decimal(150),
    price=Decimal("0.99"),
    state=OrderState.OPEN,
    created_at=NOON,
    requested_at=NOON,
)
WANTED = DesiredOrder(
    side=Side.LONG,
    purpose=Purpose.ENTRY,
    level=1,
    quantity=Decimal(150),
    price=Decimal("0.99"),
)
EXIT = replace(WANTED, purpose=Purpose.TAKE_PROFIT, level=0, price=Decimal("1.01"))


def test_an_order_that_is_right_is_left_alone() -> None:
    assert compare([WANTED], [RESTING]) == []


def test_a_missing_order_is_placed() -> None:
    assert compare([WANTED], []) == [Place(wanted=WANTED)]


def test_a_surplus_order_is_cancelled() -> None:
    assert compare([], [RESTING]) == [Cancel(order=RESTING)]


def test_other_terms_are_an_amendment_of_the_total() -> None:
    partly = replace(RESTING, filled=Decimal(50))
    moved = replace(WANTED, quantity=Decimal(120), price=Decimal("0.98"))

    assert compare([moved], [partly]) == [
        Amend(order=partly, quantity=Decimal(170), price=Decimal("0.98"))
    ]


def test_what_is_filled_in_part_rests_for_the_rest() -> None:
    partly = replace(RESTING, filled=Decimal(50))

    assert compare([replace(WANTED, quantity=Decimal(100))], [partly]) == []


@pytest.mark.parametrize(
    "busy",
    [
        replace(RESTING, state=OrderState.SENT),
        replace(RESTING, state=OrderState.UNKNOWN),
        replace(RESTING, pending=Pending.AMEND),
        replace(RESTING, pending=Pending.CANCEL),
        replace(RESTING, pending=Pending.READ),
        replace(RESTING, state=OrderState.FILLED, reported_filled=Decimal(150)),
    ],
)
def test_a_slot_about_which_something_is_open_is_left_alone(busy: Order) -> None:
    moved = replace(WANTED, price=Decimal("0.98"))

    assert compare([moved], [busy]) == compare([], [busy]) == []


def test_an_order_that_cannot_be_amended_is_cancelled_first() -> None:
    moved = replace(WANTED, price=Decimal("0.98"))

    assert compare([moved], [RESTING], Replacing(unamendable={"a"})) == [Cancel(order=RESTING)]


def test_of_two_orders_in_one_slot_the_right_one_stays() -> None:
    wrong = replace(RESTING, order_id="b", price=Decimal("0.97"))

    assert compare([WANTED], [wrong, RESTING]) == [Cancel(order=wrong)]


def test_exits_come_first_then_surplus_then_amendments_then_entries_lowest_first() -> None:
    surplus = replace(RESTING, order_id="s", level=9)
    moved = replace(WANTED, price=Decimal("0.98"))
    new = [replace(WANTED, side=side, level=level) for level in (3, 2) for side in Side]
    changes = compare([*new, moved, EXIT], [RESTING, surplus])

    assert changes[0] == Place(wanted=EXIT)
    assert changes[1] == Cancel(order=surplus)
    assert isinstance(changes[2], Amend)
    assert [(c.wanted.level, c.wanted.side) for c in changes[3:] if isinstance(c, Place)] == [
        (2, Side.LONG),
        (2, Side.SHORT),
        (3, Side.LONG),
        (3, Side.SHORT),
    ]


NO_AMEND = Replacing(traits=VenueTraits(amends=False))
RESTING_EXIT = replace(RESTING, purpose=Purpose.TAKE_PROFIT, level=0, price=Decimal("1.01"))
MOVED_EXIT = replace(EXIT, quantity=Decimal(225), price=Decimal("1.0005"))


def test_without_amendment_an_entry_is_cancelled_and_placed_anew() -> None:
    """GR-31."""
    moved = replace(WANTED, price=Decimal("0.98"))

    assert compare([moved], [RESTING], NO_AMEND) == [Cancel(order=RESTING)]
    assert compare([moved], [], NO_AMEND) == [Place(wanted=moved)]


def test_without_amendment_a_new_exit_rests_before_the_old_one_goes() -> None:
    """GR-31: the side is never without one."""
    placed = replace(
        RESTING_EXIT, order_id="b", quantity=MOVED_EXIT.quantity, price=MOVED_EXIT.price
    )

    assert compare([MOVED_EXIT], [RESTING_EXIT], NO_AMEND) == [Place(wanted=MOVED_EXIT)]
    sent = replace(placed, state=OrderState.SENT)
    assert compare([MOVED_EXIT], [RESTING_EXIT, sent], NO_AMEND) == []
    assert compare([MOVED_EXIT], [RESTING_EXIT, placed], NO_AMEND) == [Cancel(order=RESTING_EXIT)]


@pytest.mark.parametrize(
    "replacing",
    [
        Replacing(traits=VenueTraits(amends=False, two_exits=False)),
        Replacing(traits=VenueTraits(amends=False), refused={EXIT.slot}),
    ],
)
def test_where_two_exits_are_not_taken_the_old_one_goes_first(replacing: Replacing) -> None:
    """GR-31: by the venue's rule, or because it has just refused a second one."""
    assert compare([MOVED_EXIT], [RESTING_EXIT], replacing) == [Cancel(order=RESTING_EXIT)]
