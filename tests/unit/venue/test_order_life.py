"""An order's life is a table, and nothing leads out of an ended order."""

import pytest

from botrunner.venue.order_life import (
    BIRTHS,
    TRANSITIONS,
    ImpossibleTransitionError,
    check_transition,
)
from botrunner.venue.vocabulary import OPEN_STATUSES, OrderStatus

ENDED = (
    OrderStatus.FILLED,
    OrderStatus.CANCELLED,
    OrderStatus.REJECTED,
    OrderStatus.DEACTIVATED,
)


def test_every_status_has_a_row() -> None:
    assert set(TRANSITIONS) == set(OrderStatus)


@pytest.mark.parametrize("status", ENDED)
def test_nothing_leads_out_of_an_ended_order(status: OrderStatus) -> None:
    assert TRANSITIONS[status] == frozenset()


def test_every_open_status_can_end() -> None:
    for status in OPEN_STATUSES:
        assert TRANSITIONS[status] & {*ENDED, OrderStatus.TRIGGERED}


@pytest.mark.parametrize("before", [None, *OrderStatus])
@pytest.mark.parametrize("after", list(OrderStatus))
def test_only_the_rows_of_the_table_are_possible(
    before: OrderStatus | None, after: OrderStatus
) -> None:
    allowed = BIRTHS if before is None else TRANSITIONS[before]
    if after in allowed:
        check_transition(before, after)
        return

    with pytest.raises(ImpossibleTransitionError):
        check_transition(before, after)


def test_an_order_that_was_partly_filled_is_never_new_again() -> None:
    assert OrderStatus.NEW not in TRANSITIONS[OrderStatus.PARTIALLY_FILLED]


def test_an_order_cannot_skip_its_trigger() -> None:
    assert OrderStatus.FILLED not in TRANSITIONS[OrderStatus.UNTRIGGERED]
