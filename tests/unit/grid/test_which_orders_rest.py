"""GR-20, GR-32 and GR-46 as a function: filled levels in, resting orders out."""

from datetime import timedelta
from decimal import Decimal

import pytest

from botrunner.domain.position import Holding
from botrunner.domain.side import Side
from botrunner.strategies.grid.state import (
    GridSide,
    Level,
    closed,
    entered,
    exited,
    fresh,
    opening_beside,
    reduced,
    with_emptied_closed,
)
from botrunner.strategies.grid.view import Entries, LevelAnswer, LevelRequest, Verdict
from support.engine_drive import NOON, grid
from support.grid_plan import (
    YES,
    ask,
    both,
    resting_at,
    rows,
    settle,
    side,
    slot,
    state,
)

LONG, SHORT = Side.LONG, Side.SHORT


def reopened(filled: int) -> dict[int, tuple[str, str]]:
    """Short entries after its take-profit, the long side having levels 0..filled-1."""
    before = state(side(LONG, filled), side(SHORT, 1))
    plan = settle(closed(before, SHORT, NOON), "0.97")
    return {level: (quantity, price) for level, quantity, price in rows(plan, SHORT)}


@pytest.mark.parametrize(
    ("filled", "at_market", "highest"), [(1, 0, 1), (2, 0, 2), (3, 0, 3), (4, 1, 4), (8, 5, 8)]
)
def test_a_closed_side_reopens_all_but_two_of_the_others_levels_at_the_market(
    filled: int, at_market: int, highest: int
) -> None:
    """GR-32: N = 1, 2, 3 open level 0; N = 8 opens 0 to 5, and 6, 7 and 8 rest."""
    orders = reopened(filled)
    market = [level for level, (_, price) in orders.items() if price == "0.97"]

    assert sorted(orders) == list(range(highest + 1))
    assert market == list(range(at_market + 1))


def test_the_example_of_eight_filled_levels_opens_63_units() -> None:
    """GR-32: 1+2+4+8+16+32 = 63 units open; 64 and 128 rest each a step beyond; then 256."""
    orders = reopened(8)
    units = [int(Decimal(orders[level][0]) / 75) for level in range(9)]

    assert units == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert sum(units[:6]) == 63
    assert [orders[level][1] for level in (6, 7, 8)] == ["0.9797", "0.9895", "0.9994"]


def test_levels_opened_together_are_sent_each_after_the_last_was_acknowledged() -> None:
    """GR-13: lowest first."""
    before = closed(state(side(LONG, 8), side(SHORT, 1)), SHORT, NOON)
    plan = ask(before, "0.97")

    assert both(plan)[SHORT] == [0]


def test_a_start_opens_level_0_of_both_sides_with_one_quantity() -> None:
    """GR-11 and GR-2: the long's price fixes the reference for both."""
    plan = ask(fresh(grid().wanted), "0.21")

    assert rows(plan, LONG) == [(0, "357", "0.21")]
    assert rows(plan, SHORT) == [(0, "357", "0.21")]
    assert plan.state.reference == 357


def test_the_second_side_takes_the_references_quantity_whatever_the_price_is_by_then() -> None:
    """GR-2: long at 0.21 takes 357, so the short at 0.20 takes 357, not 375."""
    long = GridSide(
        side=LONG,
        levels=(Level(number=0, quantity=Decimal(357), notional=Decimal("74.97")),),
        holding=Holding(quantity=Decimal(357), notional=Decimal("74.97")),
    )
    plan = ask(state(long, GridSide(side=SHORT), reference="357"), "0.20")

    assert (0, "357", "0.2") in rows(plan, SHORT)


def test_an_entry_fill_raises_both_sides_by_one_level() -> None:
    """GR-20 and GR-21."""
    plan = settle(state(side(LONG, 3), side(SHORT, 1)))

    assert both(plan) == {LONG: [3], SHORT: [1, 2, 3]}


def test_no_level_above_the_highest_is_wanted() -> None:
    """GR-20: T is at most maxLevelsPerSide."""
    plan = settle(state(side(LONG, 3), side(SHORT, 3)), parameters=grid(levels=2))

    assert both(plan) == {LONG: [], SHORT: []}


def test_a_level_below_a_filled_one_that_is_filled_in_part_is_measured_from_its_limit() -> None:
    """GR-20: while a level is filled in part, the next stands a step from its limit price."""
    partly = Level(number=1, quantity=Decimal(50), notional=Decimal("49.4"))
    long = side(LONG, 1)
    long = GridSide(side=LONG, levels=(*long.levels, partly), holding=long.holding)
    plan = settle(state(long, side(SHORT, 1)))

    assert rows(plan, LONG) == [(1, "100", "0.99"), (2, "300", "0.9801")]


def test_a_filled_level_is_measured_from_its_average_price() -> None:
    """GR-20."""
    better = Level(number=1, quantity=Decimal(150), notional=Decimal("147"))
    long = side(LONG, 1)
    long = GridSide(side=LONG, levels=(*long.levels, better), holding=long.holding)
    plan = settle(state(long, side(SHORT, 1)))

    assert rows(plan, LONG) == [(2, "300", "0.9702")]


def test_a_remainder_that_the_venue_would_refuse_counts_as_filled() -> None:
    """GR-46: 3 coins at 0.99 are below the minimum notional of 5."""
    nearly = Level(number=1, quantity=Decimal(147), notional=Decimal("145.53"))
    long = side(LONG, 1)
    long = GridSide(side=LONG, levels=(*long.levels, nearly), holding=long.holding)
    plan = settle(state(long, side(SHORT, 1)))

    assert both(plan)[LONG] == [2]


def test_a_level_whose_price_was_passed_goes_alone() -> None:
    """GR-46: no cascade into a falling market."""
    plan = ask(state(side(LONG, 2), side(SHORT, 2)), "0.90", parameters=grid(levels=5))

    assert both(plan) == {LONG: [2], SHORT: [2]}


def test_the_next_level_follows_a_passed_one_after_the_timeout() -> None:
    """GR-46: computed after its fill, or after entryTimeoutSeconds."""
    filled = state(side(LONG, 2), side(SHORT, 3))
    resting = {slot(LONG, 2): resting_at("0.9900", "300")}
    early = ask(filled, "0.90", resting=resting)
    late = ask(filled, "0.90", resting=resting, now=NOON + timedelta(seconds=10))

    assert both(early)[LONG] == [2]
    assert early.passing
    assert early.wake_at == NOON + timedelta(seconds=10)
    assert both(late)[LONG] == [2, 3]


def test_an_opening_that_did_not_fill_in_time_goes_to_the_new_quote_and_takes_along() -> None:
    """GR-13: the unfilled rest is amended, and resting levels based on it follow."""
    start = ask(state(side(LONG, 1), GridSide(side=SHORT)), "1.00")
    resting = {
        slot(SHORT, 0): resting_at("1.00", "75"),
        slot(SHORT, 1): resting_at("1.0100", "150"),
        slot(LONG, 1): resting_at("0.9900", "150"),
    }
    early = ask(start.state, "0.99", resting=resting, now=NOON + timedelta(seconds=9))
    late = ask(start.state, "0.99", resting=resting, now=NOON + timedelta(seconds=10))

    assert rows(early, SHORT) == [(0, "75", "1"), (1, "150", "1.01")]
    assert rows(late, SHORT) == [(0, "75", "0.99"), (1, "150", "0.9999")]


def test_a_refused_level_lowers_both_sides_and_keeps_what_is_below() -> None:
    """GR-20, GR-4 and GR-22."""

    def refuse_2(request: LevelRequest) -> LevelAnswer:
        return LevelAnswer(verdict=Verdict.STARVE) if request.level == 2 else YES

    plan = settle(state(side(LONG, 2), side(SHORT, 1)), judge=refuse_2)

    assert both(plan) == {LONG: [], SHORT: [1]}
    assert plan.top == 1


def test_a_refused_level_takes_its_resting_twin_along() -> None:
    """GR-24: both or neither."""
    resting = {slot(LONG, 1): resting_at("0.9900", "150")}
    plan = ask(
        state(side(LONG, 1), side(SHORT, 1)),
        resting=resting,
        judge=lambda request: LevelAnswer(verdict=Verdict.REFUSE),
    )

    assert both(plan) == {LONG: [], SHORT: []}


def test_a_level_to_be_retried_gives_up_its_twin_and_nothing_else() -> None:
    """GR-24: one of a pair refused, the other is cancelled at once; levels above stay."""
    resting = {
        slot(LONG, 1): resting_at("0.99", "150"),
        slot(LONG, 2): resting_at("0.9801", "300"),
    }
    plan = ask(
        state(side(LONG, 1), side(SHORT, 2)),
        resting=resting,
        judge=lambda request: LevelAnswer(verdict=Verdict.RETRY),
    )
    pair = ask(
        state(side(LONG, 1), side(SHORT, 1)),
        resting={slot(LONG, 1): resting_at("0.99", "150")},
        judge=lambda request: LevelAnswer(verdict=Verdict.RETRY),
    )

    assert both(plan) == {LONG: [1], SHORT: []}
    assert both(pair) == {LONG: [], SHORT: []}


def test_a_level_that_waits_cancels_nothing() -> None:
    """RI-34: pairs are refused together, missing orders follow on release."""
    resting = {slot(LONG, 1): resting_at("0.9900", "150")}
    plan = ask(
        state(side(LONG, 1), side(SHORT, 1)),
        resting=resting,
        judge=lambda request: LevelAnswer(verdict=Verdict.WAIT),
    )

    assert both(plan) == {LONG: [1], SHORT: []}
    assert plan.waits


def test_what_rests_unchanged_is_kept_unasked() -> None:
    """GR-20: only new orders pass GR-22."""
    asked: list[int] = []

    def judge(request: LevelRequest) -> LevelAnswer:
        asked.append(request.level)
        return YES

    resting = {
        slot(LONG, 1): resting_at("0.9900", "150"),
        slot(SHORT, 1): resting_at("1.0100", "150"),
    }
    ask(state(side(LONG, 1), side(SHORT, 1)), resting=resting, judge=judge)

    assert asked == []


def test_a_partly_starved_reopening_follows_the_steps_once_a_level_has_filled() -> None:
    """GR-32: the rest of it follows GR-20."""

    def poor(request: LevelRequest) -> LevelAnswer:
        return LevelAnswer(verdict=Verdict.STARVE) if request.level >= 2 else YES

    before = state(side(LONG, 8), side(SHORT, 2, "0.97", opening=5))
    starved = ask(before, "0.97", judge=poor)
    fed = settle(starved.state, "0.97")

    assert starved.state.short.opening == 1
    assert rows(fed, SHORT)[0] == (2, "300", "0.9797")


def test_a_wholly_starved_reopening_uses_the_depth_at_the_retry() -> None:
    """GR-32."""
    before = closed(state(side(LONG, 4), side(SHORT, 1)), SHORT, NOON)
    starved = ask(before, "0.97", judge=lambda request: LevelAnswer(verdict=Verdict.STARVE))
    retried = ask(starved.state.with_side(side(LONG, 8)), "0.97")
    in_time = ask(before.with_side(side(LONG, 8)), "0.97")

    assert before.short.opening == in_time.state.short.opening == 1
    assert retried.state.short.opening == 5


def test_a_stop_wants_no_entries_but_keeps_the_exits() -> None:
    """RI-3: CancelEntries."""
    plan = ask(state(side(LONG, 2), side(SHORT, 1)), entries=Entries.NONE)

    assert plan.entries == ()
    assert [(order.side, int(order.quantity)) for order in plan.exits] == [(LONG, 225), (SHORT, 75)]


def test_a_held_strategy_keeps_what_rests_and_adds_nothing() -> None:
    """GR-35."""
    resting = {slot(LONG, 1): resting_at("0.5", "150")}
    plan = ask(state(side(LONG, 1), side(SHORT, 1)), resting=resting, entries=Entries.KEEP)

    assert rows(plan, LONG) == [(1, "150", "0.5")]
    assert rows(plan, SHORT) == []


def test_a_take_profit_filled_in_part_shrinks_the_holding_and_keeps_the_levels() -> None:
    """GR-33: GR-3 counts entries, not the position."""
    after = exited(state(side(LONG, 2), side(SHORT, 1)), LONG, Decimal(100), NOON)

    assert after.long.holding.quantity == 125
    assert after.long.highest == 1


def test_a_small_remainder_of_a_take_profit_is_closed_at_the_market_in_time() -> None:
    """GR-33: smaller than quantity(0), rested for entryTimeoutSeconds."""
    after = exited(state(side(LONG, 1), side(SHORT, 1)), LONG, Decimal(60), NOON)
    early = ask(after, "1.005", now=NOON + timedelta(seconds=9))
    late = ask(after, "1.005", now=NOON + timedelta(seconds=10))

    assert early.exits[0].price != Decimal("1.005")
    assert early.wake_at == NOON + timedelta(seconds=10)
    assert late.exits[0].price == Decimal("1.005")


def test_the_price_of_a_take_profit_stays_until_an_entry_or_funding() -> None:
    """GR-30: never after the order's own fills, nor with the market."""
    first = ask(state(side(LONG, 1), side(SHORT, 1)))
    later = ask(exited(first.state, LONG, Decimal(30), NOON), "1.2")
    entry = entered(later.state, LONG, 1, Decimal(150), Decimal("0.99"), Decimal(0))

    assert later.exits[0].price == first.exits[0].price
    assert entry.long.exit_price is None


def test_both_sides_flat_is_a_new_start() -> None:
    """GR-11 and GR-32: a take-profit while the other side is flat."""
    after = closed(state(side(LONG, 1), GridSide(side=SHORT)), LONG, NOON)

    assert after == fresh(grid().wanted)


def test_a_side_emptied_by_other_hands_reopens_only_when_told() -> None:
    """GR-35: on resume a flat side follows GR-32, a reduced one keeps its levels."""
    emptied = reduced(state(side(LONG, 2), side(SHORT, 4)), LONG, Decimal(225))
    resumed = with_emptied_closed(emptied, NOON)

    assert emptied.long.highest == 1
    assert resumed.long.highest == -1
    assert resumed.long.opening == opening_beside(side(SHORT, 4)) == 1
    assert resumed.short.highest == 3
