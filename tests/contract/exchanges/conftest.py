"""The simulator the cards run against, and a desk at it for each test."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from botrunner.simulator.price_source import PriceStep
from contract.exchanges.desk import Desk
from support.simulator import RunningSimulator, running_simulator

MakeDesk = Callable[..., Desk]
_NAMES = itertools.count(1)
_PRICES: Mapping[str, tuple[str, str, str]] = {
    "XRPUSDT": ("0.4999", "0.5000", "0.5001"),
    "DOGEUSDT": ("0.0999", "0.1000", "0.1001"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPrices:
    """First prices with a spread, and then nothing: tests move them."""

    symbols: tuple[str, ...] = tuple(_PRICES)

    def steps(self) -> Iterator[PriceStep]:
        """One step a symbol."""
        for symbol, (bid, last, ask) in _PRICES.items():
            yield PriceStep(
                symbol=symbol,
                offset=timedelta(0),
                last=Decimal(last),
                mark=Decimal(last),
                index=Decimal(last),
                bid=Decimal(bid),
                ask=Decimal(ask),
            )

    def past(self, symbol: str) -> Iterator[PriceStep]:
        """None."""
        return iter(())


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    """One simulator for the cards of a file; each card has an account of its own."""
    with running_simulator(source=StandingPrices()) as running:
        yield running


@pytest_asyncio.fixture
async def make_desk(simulator: RunningSimulator) -> AsyncIterator[MakeDesk]:
    """Makes desks, each with an account of its own unless ``name`` is given."""
    made: list[Desk] = []

    def make(**settings: Any) -> Desk:
        name = settings.pop("name", f"card{next(_NAMES)}")
        desk = Desk(settings.pop("simulator", simulator), name, **settings)
        made.append(desk)
        return desk

    yield make
    for desk in made:
        await desk.stop()
    simulator.command("clear")
    simulator.command(
        "price", {"symbol": "XRPUSDT", "last": "0.5000", "bid": "0.4999", "ask": "0.5001"}
    )


@pytest_asyncio.fixture
async def desk(make_desk: MakeDesk) -> Desk:
    """A desk that is ready to trade."""
    ready = make_desk()
    await ready.start("XRPUSDT")
    return ready
