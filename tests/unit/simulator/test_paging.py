"""Pages and windows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botrunner.simulator.bybit.codes import RefusedError
from botrunner.simulator.bybit.paging import page_of, read_window
from botrunner.simulator.bybit.wire import milliseconds

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WEEK_MS = 7 * 86_400_000


def key(number: int) -> tuple[int, int]:
    return number, 1_700_000_000_000 + number


@given(count=st.integers(0, 60), limit=st.integers(1, 20))
def test_pages_one_after_another_are_the_list(count: int, limit: int) -> None:
    newest_first = list(range(count, 0, -1))
    seen: list[int] = []
    cursor = ""
    while True:
        page = page_of(newest_first, key, limit, cursor)
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.cursor
        if not cursor:
            break

    assert seen == newest_first


def test_a_cursor_looks_like_the_venues() -> None:
    page = page_of([9, 8, 7], key, 2, "")

    assert page.cursor == "9%3A1700000000009%2C8%3A1700000000008"


@pytest.mark.parametrize("cursor", ["x", "1:2", "a:1,b:2", ",", "1:2,3:4,5:6"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(RefusedError, match="cursor"):
        page_of([3, 2, 1], key, 1, cursor)


def test_a_full_last_page_has_no_cursor() -> None:
    assert page_of([2, 1], key, 2, "").cursor == ""


@pytest.mark.parametrize(
    ("start", "end", "days"), [(None, None, 7), (0, None, 7), (None, 0, 7), (0, WEEK_MS, 7)]
)
def test_a_window_is_seven_days_long_unless_both_ends_are_named(
    start: int | None, end: int | None, days: int
) -> None:
    noon = milliseconds(NOON)
    window = read_window(
        None if start is None else noon + start, None if end is None else noon + end, NOON
    )

    assert window.end - window.start == timedelta(days=days)


def test_both_ends_are_in_the_window() -> None:
    window = read_window(milliseconds(NOON), milliseconds(NOON) + 1000, NOON)

    assert window.covers(NOON)
    assert window.covers(NOON + timedelta(seconds=1))
    assert not window.covers(NOON + timedelta(seconds=1, milliseconds=1))
