"""The feed's server over real sockets: snapshots, refusals, slow readers (MD-2, MD-7, MD-8)."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import msgspec
import pytest

from botrunner.marketdata import wire
from botrunner.marketdata.admission import Admission
from botrunner.marketdata.hub import KEPT, Hub
from botrunner.marketdata.server import FeedServer, ServerLimits
from botrunner.marketdata.wire import (
    BookSaid,
    FeedFrame,
    Gap,
    Hello,
    QuoteSaid,
    Refusal,
    TradeSaid,
    Welcome,
)
from support.feeds import LIMITS, QUEUED, REPLACED, SYMBOL, serving, until
from support.said import book_said, payload_of, quote_said, trade_said

HELLO = Hello(
    oldest_version=1,
    newest_version=1,
    exchange="bybit",
    environment="simulated",
    market="futures",
    symbol=SYMBOL,
    topics=("book", "trades"),
    depth=50,
    token="good",
)
GOLDEN = Path(__file__).parents[2] / "golden" / "marketdata" / "v1" / "hello.json"


def judge(token: str) -> Admission:
    return Admission(problem="" if token == "good" else "it has expired")


@dataclass
class Listener:
    """A subscriber that reads as it comes."""

    socket: aiohttp.ClientWebSocketResponse
    heard: list[FeedFrame] = field(default_factory=list)
    is_ended: bool = False

    async def listen(self) -> None:
        async for message in self.socket:
            said = wire.read_feed(message.data.encode())
            assert said is not None
            self.heard.append(said)
        self.is_ended = True

    def numbers(self, kind: type[QuoteSaid] | type[TradeSaid] | type[BookSaid]) -> list[int]:
        return [said.number for said in self.heard if isinstance(said, kind)]


@asynccontextmanager
async def listener(
    server: FeedServer, *first: str | bytes, hello: Hello | None = HELLO
) -> AsyncIterator[Listener]:
    """A subscriber; ``first`` is sent before the hello."""
    async with aiohttp.ClientSession() as session:
        connected = await session.ws_connect(f"http://127.0.0.1:{server.port}/")
        made = Listener(connected)
        listening = asyncio.ensure_future(made.listen())
        for payload in first:
            if isinstance(payload, str):
                await connected.send_str(payload)
            else:
                await connected.send_bytes(payload)
        if hello is not None:
            await connected.send_str(wire.encoded(hello).decode())
        try:
            yield made
        finally:
            listening.cancel()
            await asyncio.wait((listening,))
            await connected.close()


async def test_a_subscriber_gets_a_snapshot_and_then_every_update() -> None:
    """MD-2."""
    hub = Hub(QUEUED, REPLACED)
    async with serving(hub) as server:
        server.broadcast(hub.publish(quote_said(1)))
        server.broadcast(hub.publish(book_said(1, levels=50)))
        async with listener(server) as one, listener(server) as other:
            await until(lambda: len(one.heard) == len(other.heard) == 3, "both snapshots")
            for count in range(2, 20):
                server.broadcast(hub.publish(quote_said(count)))
                server.broadcast(hub.publish(trade_said(count)))
            await until(lambda: 19 in one.numbers(QuoteSaid), "the last quote")
            await until(lambda: 18 in other.numbers(TradeSaid), "the last trade")

        assert isinstance(one.heard[0], Welcome)
        assert one.numbers(QuoteSaid) == other.numbers(QuoteSaid) == list(range(1, 20))
        assert one.numbers(TradeSaid) == list(range(1, 19))
        await until(lambda: len(hub) == server.connections == 0, "both left")


async def test_a_hello_of_the_first_version_is_served_for_as_long_as_it_is_spoken() -> None:
    """MD-7: the golden bytes, as the oldest runner sends them."""
    golden = msgspec.json.decode(GOLDEN.read_bytes())
    old = golden | {"environment": "simulated", "token": "good"}
    async with serving(admit=judge) as server:
        first = msgspec.json.encode(old).decode()
        async with listener(server, first, hello=None) as one:
            await until(lambda: one.heard, "a welcome")

        assert isinstance(one.heard[0], Welcome)
        assert one.heard[0].version == wire.OLDEST_VERSION


async def test_a_newer_subscriber_is_served_in_the_version_that_both_speak() -> None:
    """MD-7."""
    newer = msgspec.to_builtins(HELLO) | {
        "newestVersion": 7,
        "topics": ["book", "liquidations"],
        "compression": {"level": 3},
    }
    async with serving() as server:
        first = msgspec.json.encode(newer).decode()
        async with listener(server, first, '{"kind":"later"}', hello=None) as one:
            await until(lambda: one.heard, "a welcome")

        assert isinstance(one.heard[0], Welcome)
        assert (one.heard[0].version, one.heard[0].topics) == (1, ("quote", "upstream", "book"))


@pytest.mark.parametrize(
    ("first", "hello", "reason"),
    [
        ("garbage", None, "malformed"),
        ('{"kind":"quote"}', None, "malformed"),
        (b"\x00\x01binary", None, "malformed"),
        ("", None, "malformed"),
        ('{"kind":"hello","x":' + "[" * 10_000, None, "malformed"),
        (None, msgspec.structs.replace(HELLO, token="bad"), "token"),
        (None, msgspec.structs.replace(HELLO, environment="mainnet"), "wrongFeed"),
        (None, msgspec.structs.replace(HELLO, symbol="BTCUSDT"), "wrongFeed"),
        (None, msgspec.structs.replace(HELLO, oldest_version=2, newest_version=3), "version"),
    ],
)
async def test_a_hello_that_does_not_fit_is_refused_with_its_reason(
    first: str | bytes | None, hello: Hello | None, reason: str
) -> None:
    """MD-8."""
    payloads = [first] if first is not None else []
    async with serving(admit=judge) as server:
        async with listener(server) as good, listener(server, *payloads, hello=hello) as refused:
            await until(lambda: refused.is_ended, "the end of the refused one")
            server.broadcast(Hub(QUEUED, REPLACED).publish(quote_said(1)))

            assert isinstance(refused.heard[0], Refusal)
            assert refused.heard[0].reason == reason
            assert len(refused.heard) == 1
            assert not good.is_ended
        assert server.counts.refusals == {reason: 1}


async def test_an_oversized_hello_ends_the_connection_without_a_line_in_the_log(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """MD-8: it is not even read whole; strangers do not fill the log."""
    async with serving() as server, listener(server, "x" * 100_000, hello=None) as one:
        await until(lambda: one.is_ended, "the end")

        assert one.heard == []
        await until(lambda: server.connections == 0, "its place is free")
        assert server.counts.refusals == {"malformed": 1}
        assert (capfd.readouterr().err, caplog.records) == ("", [])


async def test_who_says_nothing_is_refused_in_time() -> None:
    """MD-8."""
    limits = replace(LIMITS, hello_seconds=0.3)
    async with serving(limits=limits) as server, listener(server, hello=None) as one:
        await until(lambda: one.is_ended, "the end")

        assert one.heard == [Refusal(reason="malformed", message="no hello came")]


async def test_who_talks_on_and_on_is_cut() -> None:
    """MD-8."""
    async with serving() as server, listener(server) as one:
        await until(lambda: one.heard, "a welcome")
        for _ in range(40):
            if one.socket.closed:
                break
            await one.socket.send_str("more")
        await until(lambda: one.is_ended, "the end")

        assert server.counts.refusals == {"malformed": 1}


async def test_more_connections_than_the_cap_are_refused_and_a_free_place_is_given() -> None:
    """MD-8."""
    async with serving(limits=ServerLimits(connections=2)) as server, listener(server):
        async with listener(server):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with listener(server):
                    pass
        await until(lambda: server.connections == 1, "one left")
        async with listener(server) as late:
            await until(lambda: late.heard, "a welcome")

        assert refused.value.status == 503
        assert server.counts.refusals == {"full": 1}


class Sleeper:
    """A subscriber that reads nothing until it is told to."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._socket.settimeout(30)
        self._kept = b""

    def say_hello(self) -> None:
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        head = (
            "GET / HTTP/1.1\r\nHost: feed\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self._socket.sendall(head.encode())
        while b"\r\n\r\n" not in self._kept:
            self._kept += self._socket.recv(4096)
        self._kept = self._kept.partition(b"\r\n\r\n")[2]
        payload = wire.encoded(HELLO)
        assert 126 <= len(payload) < 1 << 16
        # A client masks what it sends; with the mask 0 the payload stays as it is.
        self._socket.sendall(b"\x81\xfe" + len(payload).to_bytes(2) + bytes(4) + payload)

    def read(self, last: Callable[[FeedFrame], bool]) -> list[FeedFrame]:
        """Everything up to the message that is the last one."""
        found: list[FeedFrame] = []
        while not found or not last(found[-1]):
            frame = self._frame()
            if frame[0] == 0x81:
                said = wire.read_feed(payload_of(frame))
                assert said is not None
                found.append(said)
        return found

    def close(self) -> None:
        self._socket.close()

    def _frame(self) -> bytes:
        size = self._take(2)[1]
        header = 2 if size < 126 else 4
        if size == 126:
            size = int.from_bytes(self._take(4)[2:])
        frame = self._take(header + size)
        self._kept = self._kept[header + size :]
        return frame

    def _take(self, count: int) -> bytes:
        while len(self._kept) < count:
            received = self._socket.recv(65_536)
            assert received, "the feed closed the connection"
            self._kept += received
        return self._kept[:count]


async def test_a_reader_that_stops_costs_nobody_else_anything_and_comes_back_to_the_newest() -> (
    None
):
    """MD-2: books and quotes replaced, trades kept up to the bound, the rest a gap."""
    hub = Hub(QUEUED, REPLACED)
    count = 800
    async with serving(hub) as server, listener(server) as healthy:
        sleeper = Sleeper(server.port)
        await asyncio.to_thread(sleeper.say_hello)
        await until(lambda: len(hub) == 2 and healthy.heard, "both are welcome")
        for number in range(1, count + 1):
            server.broadcast(hub.publish(book_said(number, levels=50)))
            server.broadcast(hub.publish(trade_said(number)))
            server.broadcast(hub.publish(quote_said(number)))
            if number % 4 == 0:  # What comes at once has to fit the small send buffer.
                await until(lambda: _has_quote(healthy, number), "the healthy one keeps up")
        stalled = hub.stalled()
        heard = await asyncio.to_thread(sleeper.read, lambda said: _is_trade(said, count))
        await until(lambda: hub.stalled() == 0, "it keeps up again")
        sleeper.close()

        assert stalled == 1
        assert healthy.numbers(QuoteSaid) == healthy.numbers(TradeSaid) == list(range(1, count + 1))
        _check_what_the_sleeper_heard(heard, count)


def _has_quote(listener: Listener, number: int) -> bool:
    newest = listener.heard[-1]
    return isinstance(newest, QuoteSaid) and newest.number == number


def _is_trade(said: FeedFrame, number: int) -> bool:
    return isinstance(said, TradeSaid) and said.number == number


def _check_what_the_sleeper_heard(heard: list[FeedFrame], count: int) -> None:
    books = [said.number for said in heard if isinstance(said, BookSaid)]
    trades = [said.number for said in heard if isinstance(said, TradeSaid)]
    gaps = [said for said in heard if isinstance(said, Gap)]
    assert books == sorted(set(books)) and books[-1] == count and len(books) < count / 10
    assert [said.number for said in heard if isinstance(said, QuoteSaid)][-1] == count
    (gap,) = gaps
    assert gap.topic == "trades" and gap.last == count - KEPT
    before = list(range(1, gap.first))
    assert trades == before + list(range(gap.last + 1, count + 1))


async def test_the_end_does_not_wait_for_a_subscriber_that_reads_nothing() -> None:
    hub = Hub(QUEUED, REPLACED)
    async with serving(hub) as server:
        sleeper = Sleeper(server.port)
        await asyncio.to_thread(sleeper.say_hello)
        await until(lambda: len(hub) == 1, "it is welcome")
        number = 0
        while not hub.stalled():
            number += 1
            server.broadcast(hub.publish(book_said(number, levels=50)))
        await server.stop()
        sleeper.close()

        assert server.connections == 0


async def test_a_subscriber_that_vanishes_without_a_word_is_forgotten() -> None:
    hub = Hub(QUEUED, REPLACED)
    async with serving(hub) as server:
        sleeper = Sleeper(server.port)
        await asyncio.to_thread(sleeper.say_hello)
        await until(lambda: len(hub) == 1, "it is welcome")
        # Unread data at the close makes it a reset.
        for number in range(20):
            server.broadcast(hub.publish(book_said(number, levels=50)))
        sleeper.close()
        number = 20
        while len(hub):
            number += 1
            server.broadcast(hub.publish(book_said(number, levels=50)))
            await asyncio.sleep(0.005)

        assert server.connections == 0
