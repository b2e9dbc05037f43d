"""What becomes of a symbol whose instrument cannot be read."""

import asyncio
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

from botrunner.exchanges.errors import RejectedError
from botrunner.exchanges.outcome import Failure, Problem
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


async def test_a_symbol_that_nobody_has_any_more_is_not_asked_for_again() -> None:
    """KU-27: the venue may not even list it."""
    refusal = RejectedError(Problem(failure=Failure.PARAMETER, text="not listed"))
    exchange = Mock(spec=Exchange)
    exchange.read_instrument.side_effect = refusal
    clock = ManualClock(datetime(2026, 1, 1, 12, tzinfo=UTC))
    instruments = Instruments(exchange, clock, Mock(), Mock(), Mock())
    instruments.follow(["NOSUCHUSDT", "XRPUSDT"])
    await asyncio.sleep(0)
    await clock.advance(timedelta(seconds=30))
    instruments.keep(["XRPUSDT"])
    exchange.read_instrument.reset_mock()
    await clock.advance(timedelta(minutes=5))
    instruments.stop()

    assert {call.args for call in exchange.read_instrument.call_args_list} == {("XRPUSDT",)}
