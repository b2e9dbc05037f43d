"""MD-2, MD-5: joins, leaves, slow readers and gaps in any order lead nobody astray."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from botrunner.marketdata.hub import Hub
from botrunner.marketdata.wire import (
    BookSaid,
    CandleSaid,
    Gap,
    MarketSaid,
    QuoteSaid,
    Refusal,
    Renewed,
    TradeSaid,
    UpstreamSaid,
    Welcome,
    topic_of,
)
from support.said import book_said, candle_said, quote_said, said_in, trade_said, upstream_said

QUEUED = ("trades", "closed.1")
REPLACED = ("quote", "book", "candle.1", "upstream")
KEPT = 4
BURST = KEPT + 2
"""More than a slow reader can get."""
READERS = st.integers(0, 1)
STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from((*QUEUED, *REPLACED, "crossed"))),
    st.tuples(st.just("burst"), st.sampled_from(QUEUED)),
    st.tuples(st.just("join"), READERS),
    st.tuples(st.just("enter"), READERS),
    st.tuples(st.just("leave"), READERS),
    st.tuples(st.just("stall"), READERS),
    st.tuples(st.just("one"), READERS),
    st.tuples(st.just("all"), READERS),
)


@dataclass
class Heard:
    """What one reader was given, and what it may rely on."""

    joined_at: dict[str, int]
    number: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    """The number that the gap before ended with."""


@dataclass
class Desk:
    """A hub with readers that check everything they hear."""

    hub: Hub = field(default_factory=lambda: Hub(QUEUED, REPLACED, kept=KEPT))
    said: dict[tuple[str, int], MarketSaid] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    readers: dict[int, Heard] = field(default_factory=dict)
    count: int = 0

    def say(self, topic: str) -> None:
        self.count += 1
        said = message(topic, self.count)
        broadcast = self.hub.publish(said)
        if topic == "crossed":
            assert (broadcast.frame, broadcast.readers) == (b"", [])
            return
        number = self.newest[topic] = self.newest.get(topic, 0) + 1
        self.said[topic, number] = said
        assert len(set(broadcast.readers)) == len(broadcast.readers)
        for reader in broadcast.readers:
            self.hear(reader, broadcast.frame)

    def act(self, step: str, reader: int) -> None:
        is_in = reader in self.readers
        match step:
            case "join" if not is_in:
                self.hub.join(reader, (*QUEUED, *REPLACED))
                self.readers[reader] = Heard(joined_at=dict(self.newest))
            case "enter":
                self.act("join", reader)
                self.catch_up(reader)
            case "leave":
                self.hub.leave(reader)
                self.readers.pop(reader, None)
            case "stall":
                self.hub.stall(reader)
            case "one" if is_in:
                self.take(reader)
            case "all" if is_in:
                self.catch_up(reader)
            case _:
                pass

    def take(self, reader: int) -> bool:
        frame = self.hub.next_frame(reader)
        if frame is not None:
            self.hear(reader, frame)
        return frame is not None

    def catch_up(self, reader: int) -> None:
        while self.take(reader):
            pass

    def hear(self, reader: int, frame: bytes) -> None:
        heard, message = self.readers[reader], said_in(frame)
        assert not isinstance(message, Welcome | Renewed | Refusal)
        if isinstance(message, Gap):
            self.check_gap(heard, message)
            return
        topic = topic_of(message)
        said = self.said[topic, message.number]
        assert values(message) == values(said), "invented"
        before = heard.number.get(topic)
        if topic in QUEUED:
            expected = heard.joined_at.get(topic, 0) if before is None else before
            assert message.number == max(expected, heard.missed.get(topic, 0)) + 1
        else:
            assert before is None or message.number > before
        heard.number[topic] = message.number

    def check_gap(self, heard: Heard, gap: Gap) -> None:
        before = heard.number.get(gap.topic, heard.joined_at.get(gap.topic, 0))
        assert gap.topic in QUEUED
        assert gap.first == max(before, heard.missed.get(gap.topic, 0)) + 1 <= gap.last
        assert gap.last <= self.newest[gap.topic] - KEPT, "what is still kept is not lost"
        heard.missed[gap.topic] = gap.last


def message(topic: str, count: int) -> MarketSaid:
    match topic:
        case "trades":
            return trade_said(count)
        case "closed.1" | "candle.1":
            return candle_said(count, is_closed=topic == "closed.1")
        case "quote":
            return quote_said(count)
        case "upstream":
            return upstream_said(count)
        case _:
            return book_said(count, crossed=topic == "crossed")


def values(said: MarketSaid) -> tuple[object, ...]:
    match said:
        case BookSaid():
            return (said.update, said.bids, said.asks, said.exchange_time_us)
        case TradeSaid():
            return (said.trade_id, said.quantity)
        case CandleSaid():
            return (said.start_us, said.volume, said.is_closed)
        case QuoteSaid():
            return (said.bid, said.exchange_time_us)
        case UpstreamSaid():
            return (said.exchange_time_us,)


@settings(max_examples=max(250, settings().max_examples))
@given(st.lists(STEPS, max_size=120))
def test_every_reader_hears_the_truth_in_order_and_is_told_what_it_missed(
    steps: list[tuple[str, str | int]],
) -> None:
    """MD-2, MD-3, MD-5."""
    desk = Desk()

    for step, about in steps:
        if isinstance(about, str):
            for _ in range(BURST if step == "burst" else 1):
                desk.say(about)
        else:
            desk.act(step, about)
    for reader in desk.readers:
        desk.catch_up(reader)

    for heard in desk.readers.values():
        for topic in REPLACED:
            assert heard.number.get(topic, 0) == desk.newest.get(topic, 0), "the newest arrives"
        for topic in QUEUED:
            until = max(heard.number.get(topic, 0), heard.joined_at.get(topic, 0))
            assert until == desk.newest.get(topic, 0), "all of it arrives"
