"""Order-book frames: what is read and refused, and the book that goes forth and back."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import islice

import pytest

from botrunner.simulator.price_source import Level, PriceStep
from botrunner.simulator.prices.depth import FramePrices
from botrunner.simulator.prices.errors import PriceFileError
from botrunner.simulator.prices.frames import read_frames
from unit.prices.contracts import COARSE

Rows = list[list[str]]


def frame(kind: str, ts: int, bids: Rows, asks: Rows, u: int, topic: str = "XRPUSDT") -> str:
    data = {"s": topic, "b": bids, "a": asks, "u": u, "seq": u * 7}
    return json.dumps({"topic": f"orderbook.50.{topic}", "type": kind, "ts": ts, "data": data})


SNAPSHOT = frame("snapshot", 1_000, [["10", "5"], ["9", "8"]], [["11", "4"], ["12", "6"]], 1)
UP = frame("delta", 1_100, [["11", "2"]], [["11", "0"], ["13", "1"]], 2)
DOWN = frame("delta", 1_400, [["11", "0"], ["10", "0"]], [["10", "3"]], 3)


def prices(*lines: str) -> FramePrices:
    return FramePrices(instrument=COARSE, series=read_frames("a.jsonl", lines))


def shown(levels: tuple[Level, ...] | None) -> str:
    return " ".join(f"{price}:{size}" for price, size in levels or ())


def quotes(step: PriceStep) -> str:
    return f"{step.bid}/{step.ask}"


def print_of(step: PriceStep) -> str:
    trade = step.trade
    return f"{trade.side} {trade.quantity} at {trade.price}" if trade else "none"


def test_snapshot_and_deltas_build_the_book() -> None:
    first, second, third = islice(prices(SNAPSHOT, UP, DOWN).steps(), 3)

    assert (shown(first.bids), shown(first.asks)) == ("10:5 9:8", "11:4 12:6")
    assert second.offset == timedelta(milliseconds=100)
    assert (shown(second.bids), shown(second.asks)) == ("11:2 10:5 9:8", "12:6 13:1")
    assert (shown(third.bids), shown(third.asks)) == ("9:8", "10:3 12:6 13:1")
    assert [quotes(step) for step in (first, second, third)] == ["10/11", "11/12", "9/10"]


def test_the_last_price_moves_only_when_the_book_moves_over_it() -> None:
    first, second, third = islice(prices(SNAPSHOT, UP, DOWN).steps(), 3)

    assert [str(step.last) for step in (first, second, third)] == ["10", "11", "10"]
    assert print_of(first) == "none"
    assert print_of(second) == "Buy 4 at 11"
    assert print_of(third) == "Sell 2 at 10"


def test_mark_is_the_mid_to_the_tick() -> None:
    first, second, _ = islice(prices(SNAPSHOT, UP, DOWN).steps(), 3)

    assert [str(first.mark), str(second.mark)] == ["10", "12"]


def test_frames_run_back_to_the_snapshot_and_forth_again() -> None:
    steps = list(islice(prices(SNAPSHOT, UP, DOWN).steps(), 8))
    offsets = [step.offset // timedelta(milliseconds=1) for step in steps]

    assert offsets == [0, 100, 400, 1_000, 1_300, 1_400, 1_500, 1_800]
    assert [step.bids for step in steps[3:6]] == [steps[1].bids, steps[0].bids, steps[0].bids]
    assert [step.asks for step in steps[5:]] == [step.asks for step in steps[:3]]


def test_a_later_snapshot_replaces_the_book_and_can_be_undone() -> None:
    restart = frame("snapshot", 1_200, [["7", "1"]], [["8", "1"]], 1)
    steps = list(islice(prices(SNAPSHOT, restart).steps(), 3))

    assert (shown(steps[1].bids), shown(steps[1].asks)) == ("7:1", "8:1")
    assert (steps[2].bids, steps[2].asks) == (steps[0].bids, steps[0].asks)


def test_a_single_snapshot_is_repeated_without_an_end() -> None:
    steps = list(islice(prices(SNAPSHOT).steps(), 3))

    assert [shown(step.bids) for step in steps] == ["10:5 9:8"] * 3
    assert steps[0].offset < steps[1].offset < steps[2].offset


def test_the_past_of_a_book_has_at_most_a_step_a_second_and_no_end() -> None:
    later = [UP.replace("1100", "3100"), DOWN.replace("1400", "3400")]
    past = list(islice(prices(SNAPSHOT, *later).past(), 4))

    assert [step.offset / timedelta(seconds=1) for step in past] == [-2.1, -3.3, -5.4, -7.5]
    assert [quotes(step) for step in past] == ["10/11", "11/12", "10/11", "10/11"]
    assert print_of(past[1]) == "Sell 4 at 11"


def test_a_past_interval_longer_than_the_recording_skips_rounds_of_it() -> None:
    source = replace(prices(SNAPSHOT, UP, DOWN), past_interval=timedelta(seconds=7))
    past = list(islice(source.past(), 3))

    assert [step.offset / timedelta(seconds=1) for step in past] == [-7.0, -14.0, -21.0]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "a.jsonl: the file holds no frame"),
        (["{"], "a.jsonl:1: frame: is no order-book message"),
        ([SNAPSHOT.replace('"5"', "5")], "a.jsonl:1: frame: is no order-book message"),
        ([SNAPSHOT.replace("orderbook", "tickers")], "a.jsonl:1: topic: must be orderbook."),
        ([SNAPSHOT.replace("snapshot", "full")], "a.jsonl:1: type: must be snapshot or delta"),
        ([UP], "a.jsonl:1: type: the first frame must be a snapshot"),
        ([SNAPSHOT, DOWN], "a.jsonl:2: data.u: must be 2, is 3; a frame is missing"),
        ([SNAPSHOT, UP.replace("1100", "999")], "a.jsonl:2: ts: must not be before 1000, is 999"),
        ([SNAPSHOT, UP.replace("XRP", "BTC")], "a.jsonl:2: topic: must be orderbook.50.XRPUSDT"),
        ([SNAPSHOT.replace('"8"', '"x"')], "a.jsonl:1: data.b[1]: must hold numbers, holds 'x'"),
        ([SNAPSHOT.replace('"6"', '"-6"')], "a.jsonl:1: data.a[1]: must hold a size of 0 or more"),
        ([SNAPSHOT.replace('"12"', '"0"')], "a.jsonl:1: data.a[1]: must hold a price greater"),
        ([SNAPSHOT.replace('"10"', '"11"')], "a.jsonl:1: data: crosses the book: bid 11"),
        ([frame("snapshot", 1, [], [["1", "1"]], 1)], "a.jsonl:1: data.b: leaves no level"),
    ],
)
def test_a_corrupt_file_is_refused_by_line_and_field(lines: list[str], complaint: str) -> None:
    with pytest.raises(PriceFileError) as refused:
        read_frames("a.jsonl", lines)

    assert str(refused.value).startswith(complaint)
