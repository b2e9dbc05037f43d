"""Recordings of the package and of files, and several symbols as one source."""

from datetime import timedelta
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path

import pytest

from botrunner.domain.instrument import Instrument
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from botrunner.simulator.price_source import PriceSource, PriceStep
from botrunner.simulator.prices.depth import FramePrices
from botrunner.simulator.prices.errors import PriceFileError
from botrunner.simulator.prices.load import RECORDINGS, load_recording, recorded_prices
from botrunner.simulator.prices.merge import MergedPrices, SymbolPrices
from botrunner.simulator.prices.quote import Spread
from botrunner.simulator.prices.recorded import CandlePrices
from botrunner.simulator.prices.walk import WalkPrices

XRP = DEFAULT_INSTRUMENTS["XRPUSDT"]


def read(name: str, instrument: Instrument | None = None) -> SymbolPrices:
    recording = load_recording(name)
    return recorded_prices(
        recording,
        instrument or DEFAULT_INSTRUMENTS[recording.symbol],
        resolution=timedelta(seconds=1),
        spread=Spread(),
    )


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_recording_of_the_package_trades_within_its_contracts_rules(name: str) -> None:
    prices = read(f"builtin:{name}")
    instrument = DEFAULT_INSTRUMENTS[prices.symbol]
    steps = list(islice(prices.steps(), 1_000))

    assert steps[0].offset == timedelta(0)
    assert all(_on_ticks(step, instrument) for step in steps)
    assert all(step.bid is not None and step.ask is not None for step in steps)
    assert all(step.bid < step.ask for step in steps if step.bid and step.ask)
    assert len({step.last for step in steps}) > 3


def test_a_file_is_recognised_by_what_it_holds(tmp_path: Path) -> None:
    candles, frames = tmp_path / "XRPUSDT-a.csv", tmp_path / "XRPUSDT-b.jsonl"
    candles.write_text("\n".join(load_recording("builtin:XRPUSDT-5m").lines[:3]))
    frames.write_text("\n".join(load_recording("builtin:XRPUSDT-book").lines[:3]))

    assert isinstance(read(str(candles)), CandlePrices)
    assert isinstance(read(str(frames)), FramePrices)


def test_a_name_says_its_symbol() -> None:
    assert load_recording("builtin:BTCUSDT-60m").symbol == "BTCUSDT"


def test_a_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError, match=r"none\.csv: cannot be read: No such file"):
        load_recording(str(tmp_path / "none.csv"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(PriceFileError, match="is not a text file"):
        load_recording(str(tmp_path / "a.csv"))


def test_an_unknown_recording_is_refused_with_the_ones_there_are() -> None:
    with pytest.raises(PriceFileError, match="no such recording; there are XRPUSDT-5m, "):
        load_recording("builtin:nothing")


def test_candles_of_another_contract_are_refused_by_line_and_field() -> None:
    """BTC's prices are beyond what XRPUSDT can cost."""
    with pytest.raises(PriceFileError, match=r"BTCUSDT-60m:2: low: .* is no price of XRPUSDT"):
        read("builtin:BTCUSDT-60m", XRP)


def test_frames_off_the_tick_are_refused_by_line_and_field() -> None:
    with pytest.raises(PriceFileError, match=r"XRPUSDT-book:1: data\.b: .* no multiple of BTCUSDT"):
        read("builtin:XRPUSDT-book", DEFAULT_INSTRUMENTS["BTCUSDT"])


def test_symbols_are_merged_by_offset_each_with_a_price_at_zero() -> None:
    walks = [_walk(symbol, seconds) for symbol, seconds in (("BTCUSDT", 3), ("ETHUSDT", 2))]
    source: PriceSource = MergedPrices(walks)
    steps = list(islice(source.steps(), 40))

    assert source.symbols == ("BTCUSDT", "ETHUSDT")
    assert [(step.symbol, step.offset) for step in steps[:2]] == [
        ("BTCUSDT", timedelta(0)),
        ("ETHUSDT", timedelta(0)),
    ]
    assert all(after.offset >= before.offset for before, after in pairwise(steps))


def test_a_symbol_without_prices_has_no_past() -> None:
    source = MergedPrices([_walk("BTCUSDT", 1)])

    assert list(source.past("XRPUSDT")) == []
    assert next(source.past("BTCUSDT")).symbol == "BTCUSDT"


def _walk(symbol: str, seconds: int) -> WalkPrices:
    return WalkPrices(
        instrument=DEFAULT_INSTRUMENTS[symbol],
        start=Decimal(100),
        seed=1,
        interval=timedelta(seconds=seconds),
    )


def _on_ticks(step: PriceStep, instrument: Instrument) -> bool:
    prices = (step.last, step.mark, step.index, step.bid, step.ask)
    return all(price is not None and price % instrument.tick_size == 0 for price in prices)
