"""How far back recovery reads (GR-42)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from botrunner.domain.events import OrderFilled
from botrunner.domain.position import Position
from botrunner.domain.side import Side
from botrunner.exchanges.bybit.history import LONGEST, WINDOW, LifeWalk, windows

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def held(side: Side, quantity: int) -> Position:
    return Position(symbol="X", side=side, quantity=D(quantity), average_price=D(1), leverage=D(10))


def fill(minute: int, side: Side, quantity: int, *, reduces: bool = False) -> OrderFilled:
    return OrderFilled(
        order_id="a",
        execution_id=str(minute),
        symbol="X",
        side=side,
        reduces=reduces,
        quantity=D(quantity),
        price=D(1),
        fee=D(0),
        at=NOON + timedelta(minutes=minute),
    )


def test_nothing_held_is_covered_at_once() -> None:
    walk = LifeWalk([held(Side.LONG, 0), held(Side.SHORT, 0)])

    assert walk.is_covered
    assert walk.began_at is None


def test_the_walk_ends_where_the_older_side_was_last_flat() -> None:
    """Long: 3 opened, 1 closed, 2 opened; short: 5 opened before that."""
    walk = LifeWalk([held(Side.LONG, 4), held(Side.SHORT, 5)])
    for one in (fill(9, Side.LONG, 2), fill(8, Side.LONG, 1, reduces=True)):
        walk.back_over(one)
    walk.back_over(fill(7, Side.LONG, 3))

    assert not walk.is_covered
    walk.back_over(fill(2, Side.SHORT, 5))
    assert walk.is_covered
    assert walk.began_at == NOON + timedelta(minutes=2)


def test_fills_of_an_earlier_life_change_nothing() -> None:
    walk = LifeWalk([held(Side.LONG, 1)])
    walk.back_over(fill(9, Side.LONG, 1))
    walk.back_over(fill(5, Side.LONG, 8, reduces=True))

    assert walk.is_covered
    assert walk.began_at == NOON + timedelta(minutes=9)


def test_a_missing_fill_does_not_lead_below_zero() -> None:
    walk = LifeWalk([held(Side.LONG, 1)])
    walk.back_over(fill(9, Side.LONG, 5))

    assert walk.is_covered


def test_windows_are_a_week_at_most_and_leave_no_gap() -> None:
    spans = list(windows(NOON))

    assert all(timedelta(0) < end - start <= WINDOW for start, end in spans)
    assert [start for start, _ in spans[:-1]] == [end for _, end in spans[1:]]
    assert (spans[0][1], spans[-1][0]) == (NOON, NOON - LONGEST)


@given(
    changes=st.lists(
        st.tuples(st.sampled_from(list(Side)), st.integers(1, 9), st.booleans()), max_size=40
    )
)
def test_walking_back_over_a_whole_life_ends_at_its_first_fill(
    changes: list[tuple[Side, int, bool]],
) -> None:
    quantities = {Side.LONG: 0, Side.SHORT: 0}
    began: dict[Side, datetime] = {}
    fills = []
    for minute, (side, wanted, wants_out) in enumerate(changes):
        reduces = wants_out and quantities[side] > 0
        quantity = min(wanted, quantities[side]) if reduces else wanted
        one = fill(minute, side, quantity, reduces=reduces)
        if quantities[side] == 0:
            began[side] = one.at
        quantities[side] += -quantity if reduces else quantity
        fills.append(one)
    walk = LifeWalk([held(side, quantity) for side, quantity in quantities.items()])
    for one in reversed(fills):
        walk.back_over(one)

    alive = [began[side] for side, quantity in quantities.items() if quantity]
    assert walk.is_covered
    assert walk.began_at == min(alive, default=None)
