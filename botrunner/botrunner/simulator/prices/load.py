"""Recordings from files: read whole, checked against the contract they are the prices of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from botrunner.domain.instrument import Instrument
from botrunner.simulator.prices.candles import CandleSeries, read_candles
from botrunner.simulator.prices.depth import FramePrices
from botrunner.simulator.prices.errors import PriceFileError
from botrunner.simulator.prices.frames import FrameSeries, read_frames
from botrunner.simulator.prices.merge import SymbolPrices
from botrunner.simulator.prices.quote import Spread
from botrunner.simulator.prices.recorded import CandlePrices

BUILTIN = "builtin:"
"""What a name begins with that means a recording of this package, not a file."""

RECORDINGS: Mapping[str, str] = {
    "XRPUSDT-5m": "XRPUSDT-5m.csv",
    "BTCUSDT-60m": "BTCUSDT-60m.csv",
    "XRPUSDT-book": "XRPUSDT-book.jsonl",
}
"""Files of this package by the name they are asked for with; provenance: data/README.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The text of a recording and the name to report it by."""

    name: str
    lines: tuple[str, ...]

    @property
    def symbol(self) -> str:
        """What the name says it is the prices of: the part before the first ``-`` or ``.``."""
        stem = self.name.removeprefix(BUILTIN).rpartition("/")[2]
        return stem.partition("-")[0].partition(".")[0]


def load_recording(name: str) -> Recording:
    """Read a file, or with ``builtin:`` a recording of this package.

    Raises PriceFileError if there is none or if it is no text.
    """
    try:
        text = _builtin(name) if name.startswith(BUILTIN) else Path(name).read_text("utf-8")
    except UnicodeDecodeError:
        raise PriceFileError(name, "is not a text file; give CSV candles or JSON frames") from None
    except OSError as error:
        raise PriceFileError(name, f"cannot be read: {error.strerror}") from None
    return Recording(name=name, lines=tuple(text.splitlines()))


def _builtin(name: str) -> str:
    wanted = name.removeprefix(BUILTIN)
    if wanted not in RECORDINGS:
        raise PriceFileError(name, f"no such recording; there are {', '.join(RECORDINGS)}")
    return (files(__package__) / "data" / RECORDINGS[wanted]).read_text("utf-8")


def recorded_prices(
    recording: Recording, instrument: Instrument, *, resolution: timedelta, spread: Spread
) -> SymbolPrices:
    """The prices of ``instrument`` from candles or order-book frames, whichever the text holds.

    Raises PriceFileError by line and field; also for a price that the contract cannot have.
    """
    if recording.lines and recording.lines[0].lstrip().startswith("{"):
        frames = read_frames(recording.name, recording.lines)
        _check_frames(recording.name, frames, instrument)
        return FramePrices(
            instrument=instrument, series=frames, past_interval=resolution * 40, spread=spread
        )
    series = read_candles(recording.name, recording.lines)
    _check_candles(recording.name, series, instrument)
    return CandlePrices(instrument=instrument, series=series, resolution=resolution, spread=spread)


def _check_candles(name: str, series: CandleSeries, instrument: Instrument) -> None:
    for line, candle in enumerate(series.candles, start=2):
        for field, price in (("low", candle.low), ("high", candle.high)):
            if not instrument.min_price <= price <= instrument.max_price:
                raise PriceFileError(name, _outside(price, instrument), line=line, field=field)


def _check_frames(name: str, series: FrameSeries, instrument: Instrument) -> None:
    for line, frame in enumerate(series.frames, start=1):
        for change in frame.changes:
            field = "data.b" if change.is_bid else "data.a"
            if not instrument.min_price <= change.price <= instrument.max_price:
                raise PriceFileError(
                    name, _outside(change.price, instrument), line=line, field=field
                )
            if change.price % instrument.tick_size:
                problem = f"{change.price} is no multiple of {instrument.symbol}'s tick"
                raise PriceFileError(
                    name, f"{problem}, {instrument.tick_size}", line=line, field=field
                )


def _outside(price: Decimal, instrument: Instrument) -> str:
    return (
        f"{price} is no price of {instrument.symbol}, which trades between "
        f"{instrument.min_price} and {instrument.max_price}; is it another contract's file?"
    )
