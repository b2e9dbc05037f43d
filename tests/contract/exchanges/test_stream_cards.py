"""Cards about streams: loss, reconciliation, order of facts, prices (EX-8, EX-9, MD-4, MD-5)."""

from decimal import Decimal as D

import pytest

from botrunner.domain.control import Block, BlockSet
from botrunner.domain.events import (
    FillKind,
    OrderCancelled,
    OrderFilled,
    PositionChanged,
    QuoteChanged,
    WalletChanged,
)
from botrunner.domain.side import Purpose, Side
from botrunner.exchanges.bybit import exchange
from botrunner.exchanges.market_data import BookChanged, CandleChanged, Source, TradePrinted
from botrunner.exchanges.port import (
    CredentialsReported,
    PricesReported,
    PublicTopics,
    StreamReported,
    TopicsReported,
)
from botrunner.exchanges.session import Timing
from botrunner.exchanges.stream_effects import StreamState
from contract.exchanges.conftest import MakeDesk
from contract.exchanges.desk import SYMBOL, Desk, QuickClock


def states(desk: Desk, stream: str) -> list[StreamState]:
    return [
        report.state
        for report in desk.reports
        if isinstance(report, StreamReported) and report.stream == stream
    ]


async def test_a_fill_is_told_before_the_position_it_changed(desk: Desk) -> None:
    """XC-60: within the venue's own order of pushes."""
    order = desk.order(None)
    before = len(desk.events)
    await desk.place(order)
    await desk.until("PositionChanged", after=before)
    await desk.until("OrderCompleted", after=before)
    names = desk.names(before)

    assert names.index("OrderFilled") < names.index("PositionChanged")
    assert names.index("OrderCompleted") < names.index("PositionChanged")


async def test_a_liquidation_is_told_as_one(desk: Desk) -> None:
    """XC-73, RI-1: cause ``venue``; resting orders are cancelled by the venue first."""
    resting = desk.order("0.3")
    await desk.place(resting)
    await desk.place(desk.order(None, "150000"))
    await desk.until("OrderCompleted")
    await desk.price("0.43", bid="0.4299", ask="0.4301")
    fill = await desk.until("OrderFilled", kind=FillKind.LIQUIDATION)
    cancelled = await desk.until("OrderCancelled", order_id=resting.order_id)

    assert (fill.side, fill.reduces) == (Side.LONG, True)
    assert cancelled.by_venue


async def test_every_connection_begins_with_a_read_and_then_says_it_is_up(desk: Desk) -> None:
    """XC-61, EX-9."""
    names = desk.names()

    assert names.index("WalletChanged") < names.index("PrivateStreamRestored")
    assert states(desk, "private") == [StreamState.CONNECTING, StreamState.CONNECTED]


async def test_what_a_lost_stream_hid_is_told_before_it_is_up_again(desk: Desk) -> None:
    """XC-62, EX-9: fills once and in order, ended orders, then what rests."""
    filled, cancelled, kept = desk.order("0.49"), desk.order("0.41"), desk.order("0.4")
    for order in (filled, cancelled, kept):
        await desk.place(order)
        await desk.until("OrderOpened", order_id=order.order_id)
    before = len(desk.events)
    await desk.command("refuse-handshake", stream="private", count=2)
    await desk.command("cut", account=desk.name, stream="private", how="abort")
    await desk.until("PrivateStreamLost", after=before)
    await desk.price("0.48", bid="0.4799", ask="0.4801")
    await desk.cancel(cancelled.order_id)
    await desk.until("PrivateStreamRestored", after=before)
    names = desk.names(before)
    gap = desk.events[before : before + names.index("PrivateStreamRestored")]
    fills = [event for event in desk.events if isinstance(event, OrderFilled)]

    assert [fill.order_id for fill in fills] == [filled.order_id]
    assert fills[0] in gap
    assert any(isinstance(e, OrderCancelled) and e.order_id == cancelled.order_id for e in gap)
    assert names.index("OrderFilled") < names.index("OrderCompleted") < names.index("OrderOpened")
    assert any(isinstance(e, PositionChanged) and e.position.quantity == 100 for e in gap)
    assert any(isinstance(e, WalletChanged) for e in gap)


async def test_a_position_that_vanished_meanwhile_is_told_as_flat(
    desk: Desk, make_desk: MakeDesk
) -> None:
    """XC-63, PR-1: the venue lists what is open only."""
    other = make_desk(name=desk.name)
    await desk.place(desk.order(None))
    await desk.until("PositionChanged")
    before = len(desk.events)
    await desk.command("refuse-handshake", stream="private", count=2)
    await desk.command("cut", account=desk.name, stream="private")
    await desk.until("PrivateStreamLost", after=before)
    await other.place(other.order(None, purpose=Purpose.CLOSE, order_id="closed-by-hand"))
    await desk.until("PrivateStreamRestored", after=before)
    flat = [
        event.position
        for event in desk.events[before:]
        if isinstance(event, PositionChanged) and event.position.side is Side.LONG
    ]

    assert flat[-1].quantity == 0


async def test_failed_attempts_are_counted_and_go_on(desk: Desk) -> None:
    """XC-64, RI-1: handshakes refused, then accepted."""
    before = len(desk.events)
    await desk.command("refuse-handshake", stream="private", count=3)
    await desk.command("cut", account=desk.name, stream="private")
    await desk.until("PrivateStreamRestored", after=before)
    names = desk.names(before)

    assert names.count("PrivateStreamLost") == 1
    assert names.count("PrivateStreamAttemptFailed") == 3
    assert names.index("PrivateStreamLost") < names.index("PrivateStreamAttemptFailed")


async def test_a_peer_that_answers_no_ping_is_left(desk: Desk) -> None:
    """XC-65, EX-8: half-open, as after a lost route."""
    before = len(desk.events)
    await desk.command("freeze", account=desk.name, stream="private")
    await desk.until("PrivateStreamRestored", after=before)
    reasons = [r.reason for r in desk.reports if isinstance(r, StreamReported)]

    assert "no pong for 0.5 s" in reasons


async def test_a_refused_sign_in_is_not_tried_again(make_desk: MakeDesk) -> None:
    """XC-66, EX-8: it clears CredentialsReady; prices go on."""
    desk = make_desk()
    await desk.command("refuse-sign-in", account=desk.name, count=None)
    desk.exchange.watch([SYMBOL])
    desk.run()
    await desk.until("BlockSet", block=Block.CREDENTIALS)
    await desk.until("QuoteChanged")
    (report,) = [r for r in desk.reports if isinstance(r, CredentialsReported)]

    assert states(desk, "private") == [StreamState.CONNECTING, StreamState.FAILED]
    assert report.problem is not None
    assert "Invalid apikey" in report.problem.text
    assert "Secret" in report.problem.remedy
    assert len([e for e in desk.events if isinstance(e, BlockSet)]) == 1


async def test_quotes_follow_the_market(desk: Desk) -> None:
    """XC-67."""
    await desk.until("QuoteChanged")
    await desk.price("0.6", bid="0.5999", ask="0.6001")

    def moved() -> QuoteChanged | None:
        quotes = [event for event in desk.events if isinstance(event, QuoteChanged)]
        return next((one for one in quotes if one.quote.bid == D("0.5999")), None)

    quote = (await desk.wait_for(moved, "the new price")).quote
    assert quote.ask == D("0.6001")


def sources(desk: Desk) -> list[Source]:
    return [report.source for report in desk.reports if isinstance(report, PricesReported)]


async def test_rest_stands_in_for_a_silent_public_stream(make_desk: MakeDesk) -> None:
    """XC-68, MD-4: and yields to it when it is back."""
    desk = make_desk(stale_seconds=0.5)
    desk.exchange.watch([SYMBOL])
    desk.run()
    await desk.until("QuoteChanged")
    await desk.command("refuse-handshake", stream="public", count=None)
    await desk.command("cut", stream="public")
    await desk.wait_for(lambda: sources(desk) == [Source.REST], "prices by REST")
    await desk.price("0.6", bid="0.5999", ask="0.6001")
    await desk.wait_for(
        lambda: any(isinstance(e, QuoteChanged) and e.quote.last == D("0.6") for e in desk.events),
        "the new price by REST",
    )
    await desk.command("clear")
    await desk.wait_for(lambda: sources(desk)[-1] is Source.STREAM, "prices by the stream")

    assert sources(desk)[:2] == [Source.REST, Source.STREAM]
    assert states(desk, "public")[-1] is StreamState.CONNECTED


async def test_a_connection_that_says_nothing_is_cut(make_desk: MakeDesk) -> None:
    """XC-72, MD-4: long before its missing pong would tell."""
    desk = make_desk(stale_seconds=0.3, timing=Timing(backoff_base=0.1))
    desk.exchange.watch([SYMBOL])
    desk.run()
    await desk.until("QuoteChanged")
    await desk.command("freeze", stream="public")
    await desk.wait_for(lambda: Source.REST in sources(desk), "prices by REST")
    await desk.wait_for(lambda: sources(desk)[-1] is Source.STREAM, "prices by the stream")
    reasons = [report.reason for report in desk.reports if isinstance(report, StreamReported)]

    assert "silent for 0.3 s" in reasons


async def test_a_symbol_the_stream_does_not_know_leaves_the_others_alone(
    make_desk: MakeDesk,
) -> None:
    """XC-69."""
    desk = make_desk()
    desk.exchange.watch([SYMBOL, "NOPEUSDT"])
    desk.run()
    await desk.until("QuoteChanged", symbol=SYMBOL)
    report = await desk.wait_for(
        lambda: next((r for r in desk.reports if isinstance(r, TopicsReported)), None),
        "the refusal",
    )

    assert report.symbol == "NOPEUSDT"
    assert states(desk, "public")[-1] is StreamState.CONNECTED


async def test_symbols_can_be_followed_and_left_at_any_time(desk: Desk) -> None:
    """XC-70."""
    await desk.until("QuoteChanged", symbol=SYMBOL)
    desk.exchange.watch(["DOGEUSDT"])
    await desk.until("QuoteChanged", symbol="DOGEUSDT")
    left = len(desk.events)
    await desk.price("0.7", bid="0.6999", ask="0.7001")
    await desk.command("price", symbol="DOGEUSDT", last="0.11", bid="0.1099", ask="0.1101")
    await desk.until("QuoteChanged", after=left, symbol="DOGEUSDT")
    followed = {e.symbol for e in desk.events[left:] if isinstance(e, QuoteChanged)}

    assert followed == {"DOGEUSDT"}


async def test_deep_books_trades_and_candles_are_given_when_asked_for(
    make_desk: MakeDesk,
) -> None:
    """XC-71."""
    desk = make_desk()
    topics = PublicTopics(depth=50, trades=True, intervals=("1",))
    desk.exchange.watch([SYMBOL], topics)
    desk.run()
    await desk.until("QuoteChanged")
    await desk.command("trade", symbol=SYMBOL, price="0.5001", quantity="7", side="Buy")
    await desk.command(
        "book",
        symbol=SYMBOL,
        bids=[["0.4999", "10"], ["0.4998", "20"]],
        asks=[["0.5001", "10"]],
    )
    wanted = {TradePrinted, BookChanged, CandleChanged}
    await desk.wait_for(lambda: wanted <= {type(one) for one in desk.market}, "all three kinds")
    books = [one for one in desk.market if isinstance(one, BookChanged)]

    assert all(book.bids[0][0] < book.asks[0][0] for book in books if book.bids and book.asks)


async def test_what_happens_without_a_stream_is_told_by_polling(desk: Desk) -> None:
    """XC-93, EX-7, EX-9: a fill, its order's end, the position; once each, before it is back."""
    order = desk.order("0.49")
    await desk.place(order)
    await desk.until("OrderOpened", order_id=order.order_id)
    before = len(desk.events)
    await desk.command("refuse-handshake", stream="private", count=None)
    await desk.command("cut", account=desk.name, stream="private", how="abort")
    await desk.until("PrivateStreamLost", after=before)
    await desk.price("0.48", bid="0.4799", ask="0.4801")
    lost = before + desk.names(before).index("PrivateStreamLost")
    await desk.until("OrderCompleted", after=lost, order_id=order.order_id)
    known = lost + desk.names(lost).index("OrderCompleted")
    await desk.until("AccountPolled", after=known)
    names = desk.names(lost)
    held = [e.position.quantity for e in desk.events[lost:] if isinstance(e, PositionChanged)]

    assert "PrivateStreamRestored" not in names
    assert names.index("OrderFilled") < names.index("OrderCompleted")
    assert "PositionChanged" in names[names.index("OrderCompleted") :]
    assert held[-1] == 100

    await desk.command("clear")
    await desk.until("PrivateStreamRestored", after=lost)


async def test_a_sign_in_that_is_taken_later_brings_the_stream_back(make_desk: MakeDesk) -> None:
    """XC-94, EX-8, RI-9: tried again after a minute, and never sooner."""
    desk = make_desk(clock=QuickClock(), timing=Timing())
    await desk.command("refuse-sign-in", account=desk.name, count=1)
    started = desk.clock.monotonic()
    desk.run()
    await desk.until("PrivateStreamRestored")
    problems = [r.problem for r in desk.reports if isinstance(r, CredentialsReported)]

    assert desk.clock.monotonic() - started >= 60
    assert states(desk, "private") == [
        StreamState.CONNECTING,
        StreamState.FAILED,
        StreamState.CONNECTING,
        StreamState.CONNECTED,
    ]
    assert [problem is None for problem in problems] == [False, True]
    assert await desk.until("BlockLifted", block=Block.CREDENTIALS)


async def test_a_stream_that_was_refused_first_is_watched_like_any_other(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XC-96, EX-8: its pings go out, and a peer that does not answer them is left."""
    monkeypatch.setattr(exchange, "REFUSED_SECONDS", 0.1)
    desk = make_desk()
    await desk.command("refuse-sign-in", account=desk.name, count=1)
    desk.run()
    await desk.until("PrivateStreamRestored")
    before = len(desk.events)
    await desk.command("freeze", account=desk.name, stream="private")
    await desk.until("PrivateStreamRestored", after=before)
    reasons = [r.reason for r in desk.reports if isinstance(r, StreamReported)]

    assert "no pong for 0.5 s" in reasons
