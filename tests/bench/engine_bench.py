"""Events per second of the engine, for 1 and for 20 symbols.

``python tests/bench/engine_bench.py [SECONDS]``. A run over recorded candles against the venue in
process is taken down first, event by event; then fresh engines take the same events, and only that
is measured: the same events give the same actions, so it is the same work. Prices make most of the
events, as they do live; fills, answers and wallets are the rest. Seconds are of processor time. The
ratio compares with Decimal additions measured right before. Nothing here passes or fails.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from botrunner.domain.control import Event
from botrunner.domain.parameters import (
    AccountParameters,
    AppliedGrid,
    GridParameters,
    RiskParameters,
    StrategyParameters,
)
from botrunner.engine.engine import Engine
from botrunner.engine.limits import RequestLimits
from botrunner.engine.outcome import Outcome
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from botrunner.simulator.price_source import PriceStep
from support.engine_day import EngineDay, recorded
from support.venue_door import MIDNIGHT, VenueDoor

EVENTS = 8_000
"""How many are taken down."""
RESOLUTION = timedelta(seconds=10)
LONG = timedelta(hours=80)
APART = 60
"""Steps of the recording between one symbol's start and the next one's."""


def symbols(count: int) -> list[str]:
    """Names of contracts that are all like XRPUSDT."""
    return [f"S{number:02}USDT" for number in range(count)]


def prices(names: list[str]) -> Iterator[PriceStep]:
    """The recorded prices, each symbol from another moment on, one step of each in turn."""
    sources = [_shifted(name, APART * number) for number, name in enumerate(names)]
    return chain.from_iterable(zip(*sources, strict=False))


def _shifted(name: str, skipped: int) -> Iterator[PriceStep]:
    contract = replace(DEFAULT_INSTRUMENTS["XRPUSDT"], symbol=name)
    steps = islice(recorded(contract, resolution=RESOLUTION, length=LONG), skipped, None)
    for number, step in enumerate(steps):
        yield replace(step, offset=number * RESOLUTION)


def taken_down(names: list[str]) -> list[Event]:
    """The events of a run of grids with close steps, so that much happens."""
    events: list[Event] = []

    def take(day: EngineDay, outcome: Outcome) -> None:
        assert day.event is not None
        events.append(day.event)

    contracts = [replace(DEFAULT_INSTRUMENTS["XRPUSDT"], symbol=name) for name in names]
    day = EngineDay(door=VenueDoor(contracts, Decimal(1_000_000)), parameters=_parameters(names))
    day.after_step = take
    steps = prices(names)
    day.start(list(islice(steps, len(names))))
    for step in steps:
        day.step(step)
        if len(events) >= EVENTS:
            return events
    raise SystemExit(f"the recording gives {len(events)} events only")


def _parameters(names: list[str]) -> AccountParameters:
    ratio = Decimal("0.003")
    applied = AppliedGrid(
        leverage=Decimal(75), initial_margin=Decimal(1), averaging_multiplier=Decimal(2)
    )
    grid = GridParameters(wanted=applied, step_ratio=ratio, take_profit_ratio=ratio)
    return AccountParameters(
        strategies=tuple(
            StrategyParameters(name=name.lower(), symbol=name, grid=grid) for name in names
        ),
        risk=RiskParameters(max_price_age=timedelta(minutes=5)),
    )


def rate(events: list[Event], seconds: float) -> float:
    """Events a second once everything has begun, by engines that each take the same ones."""
    begun = len(events) // 4
    done, used = 0, 0.0
    while used < seconds:
        epoch = int(MIDNIGHT.timestamp() * 1000)
        engine = Engine(epoch=epoch, started_at=MIDNIGHT, limits=RequestLimits())
        for event in events[:begun]:
            engine.process(event)
        begin = process_time()
        for event in events[begun:]:
            engine.process(event)
        used += process_time() - begin
        done += len(events) - begun
    return done / used


def additions(seconds: float) -> float:
    """The reference: sums of decimals a second."""
    total, one, done = Decimal(0), Decimal("0.00000001"), 0
    begin = process_time()
    while (used := process_time() - begin) < seconds:
        for _ in range(1000):
            total += one
        done += 1000
    return done / used


def main(seconds: float = 3.0) -> None:
    """Measure and print."""
    for count in (1, 20):
        events = taken_down(symbols(count))
        reference = additions(seconds / 3)
        speed = rate(events, seconds)
        kinds = Counter(type(event).__name__ for event in events).most_common(4)
        made_of = ", ".join(f"{number / len(events):.0%} {kind}" for kind, number in kinds)
        print(
            f"{count:2} symbols: {speed:8,.0f} events/s, {1e6 / speed:6.1f} us each,"
            f" as much as {reference / speed:6,.0f} of {reference:,.0f} additions/s ({made_of})"
        )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
