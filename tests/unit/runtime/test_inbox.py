"""The one order of an account's events."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D

from botrunner.domain.control import Event, PersonStopSet, PersonStopTakenBack
from botrunner.domain.events import QuoteChanged, TimerFired
from botrunner.domain.market import Quote
from botrunner.runtime.inbox import Inbox

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TIMER = TimerFired(at=NOON)
STOP = PersonStopSet(at=NOON, reason="spec.emergencyStop")
QUOTE = Quote(bid=D(1), ask=D(1), last=D(1), mark=D(1), at=NOON)


def _quote(symbol: str, last: str) -> QuoteChanged:
    return QuoteChanged(symbol=symbol, quote=replace(QUOTE, last=D(last)))


async def _all(inbox: Inbox) -> list[Event]:
    return [(await inbox.get())[0] for _ in range(len(inbox))]


async def test_events_come_in_the_order_in_which_they_were_put() -> None:
    inbox = Inbox()
    for event in (TIMER, _quote("XRPUSDT", "1"), STOP):
        inbox.put(event, 0.0)

    assert await _all(inbox) == [TIMER, _quote("XRPUSDT", "1"), STOP]


async def test_a_stop_overtakes_what_waits() -> None:
    """RI-5."""
    inbox = Inbox()
    inbox.put(TIMER, 0.0)
    inbox.put_first(STOP, 0.0)

    assert await _all(inbox) == [STOP, TIMER]


async def test_of_what_people_want_the_last_word_is_the_last_one_processed() -> None:
    """RI-2: stopped, taken back and stopped again while the key is checked is stopped."""
    inbox, taken_back = Inbox(), PersonStopTakenBack(at=NOON)
    inbox.put(TIMER, 0.0)
    again = replace(STOP, reason="annotation")
    for wish in (STOP, taken_back, again):
        inbox.put_first(wish, 0.0)

    assert len(inbox) == 4
    assert await _all(inbox) == [STOP, taken_back, again, TIMER]


async def test_only_the_newest_of_a_symbol_s_waiting_prices_is_processed() -> None:
    inbox = Inbox()
    for event in (_quote("XRPUSDT", "1"), TIMER, _quote("DOGEUSDT", "5"), _quote("XRPUSDT", "2")):
        inbox.put(event, 0.0)

    assert await _all(inbox) == [_quote("XRPUSDT", "2"), TIMER, _quote("DOGEUSDT", "5")]
    inbox.put(_quote("XRPUSDT", "3"), 0.0)
    assert await _all(inbox) == [_quote("XRPUSDT", "3")]


async def test_who_waits_is_woken_with_the_moment_of_arrival() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put(TIMER, 7.5)

    assert await waiting == (TIMER, 7.5)
