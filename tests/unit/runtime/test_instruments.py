"""What becomes of a symbol whose instrument cannot be read."""

import asyncio
from datetime import UTC, datetime
from unittest.mock import Mock

from botrunner.exchanges.port import Exchange
from botrunner.runtime.instruments import Instruments
from botrunner.service.clock import ManualClock


async def test_a_fault_of_the_adapter_ends_the_life_and_not_the_symbol_alone() -> None:
    """GR-45: a symbol whose steps are never read would never get its exits back."""
    fault, exchange = RuntimeError("a fault of the adapter's own"), Mock(spec=Exchange)
    exchange.read_instrument.side_effect = fault
    heard: asyncio.Queue[BaseException] = asyncio.Queue()
    clock = ManualClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    instruments = Instruments(exchange, clock, Mock(), Mock(), heard.put_nowait)
    instruments.follow(["XRPUSDT"])

    assert await asyncio.wait_for(heard.get(), 20) is fault
