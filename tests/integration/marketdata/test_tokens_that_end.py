"""A connection lives no longer than its token, and a renewal costs no message (MD-7, MD-8)."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from botrunner.exchanges.port import FeedReported, MessageRefused, StreamReported
from botrunner.marketdata import wire
from botrunner.marketdata.admission import Admission
from botrunner.marketdata.hub import Hub
from botrunner.marketdata.link import LinkTiming
from botrunner.marketdata.server import FeedServer
from botrunner.marketdata.wire import QuoteSaid, Refusal, Renewal, Renewed, Welcome
from integration.marketdata.test_serving import GOLDEN, HELLO, Listener, listener
from support.feeds import QUEUED, REPLACED, Desk, desk_at, serving, until
from support.said import quote_now, quote_said
from support.simulator import running_simulator
from support.steady_prices import SteadyPrices

BRIEF, WHILE, LONG = 0.5, 4.0, 600.0
"""Seconds; what has to be done within one is given a WHILE, however slow the machine is."""
_PATIENT = LinkTiming(direct_after=60.0)


@dataclass
class Door:
    """Tokens by the seconds that they are good for; what is shown is written down."""

    seconds: dict[str, float]
    shown: list[str] = field(default_factory=list)

    def admit(self, token: str) -> Admission:
        """As the doorkeeper of a feed does."""
        self.shown.append(token)
        if token not in self.seconds:
            return Admission(problem="it has expired")
        return Admission(seconds=self.seconds[token])


def hello(token: str) -> wire.Hello:
    return msgspec.structs.replace(HELLO, token=token)


def said(desk: Listener, kind: type[Welcome] | type[Renewed] | type[Refusal]) -> list[object]:
    return [each for each in desk.heard if isinstance(each, kind)]


async def show(desk: Listener, token: str) -> None:
    await desk.socket.send_str(wire.encoded(Renewal(token=token)).decode())


async def test_a_connection_ends_with_its_token_unless_a_fresh_one_is_shown() -> None:
    """MD-8: who comes later with the same short token is cut, so the first one would have been."""
    hub, door = Hub(QUEUED, REPLACED), Door({"first": WHILE, "fresh": LONG})
    async with serving(hub, door.admit) as server:
        async with listener(server, hello=hello("first")) as kept:
            await until(lambda: kept.heard, "a welcome")
            await show(kept, "fresh")
            await until(lambda: said(kept, Renewed), "it is renewed")
            async with listener(server, hello=hello("first")) as cut:
                count = 0

                def tick() -> bool:
                    nonlocal count
                    count += 1
                    server.broadcast(hub.publish(quote_said(count)))
                    return cut.is_ended

                await until(tick, "the other one is cut")
                await until(lambda: count in kept.numbers(QuoteSaid), "the last quote")

        assert said(kept, Welcome)[0] == _welcome(server, WHILE)
        assert said(kept, Renewed) == [Renewed(renew_seconds=LONG)]
        assert kept.numbers(QuoteSaid) == list(range(1, count + 1)), "nothing was missed"
        (refusal,) = said(cut, Refusal)
        assert isinstance(refusal, Refusal)
        assert (refusal.reason, "expired" in refusal.message) == ("token", True)
        assert server.counts.refusals == {"token": 1}


def _welcome(server: FeedServer, seconds: float) -> Welcome:
    return Welcome(
        version=1,
        feed="test",
        topics=("quote", "upstream", "book", "trades"),
        depth=50,
        intervals=("1",),
        heartbeat_seconds=server.limits.heartbeat_seconds,
        renew_seconds=seconds,
    )


async def test_a_token_that_opens_nothing_takes_nothing_away_and_is_no_way_to_flood() -> None:
    """MD-8: the connection stands on its first token, until it has shown wrong ones too often."""
    door = Door({"good": LONG})
    async with serving(Hub(QUEUED, REPLACED), door.admit) as server:
        async with listener(server, hello=hello("good")) as one:
            await show(one, "wrong")
            await show(one, "good")
            await until(lambda: said(one, Renewed), "the good one is taken")
            assert not one.is_ended
            for _ in range(40):
                if one.socket.closed:
                    break
                await show(one, "good")
            await until(lambda: one.is_ended, "the end")

        assert server.counts.refusals == {"malformed": 1}


async def test_a_subscriber_of_before_is_served_until_its_token_ends() -> None:
    """MD-7: it knows of no renewal; it is cut, and comes again with the token of that day."""
    old = msgspec.json.decode(GOLDEN.read_bytes())
    first = msgspec.json.encode(old | {"environment": "simulated", "token": "brief"}).decode()
    async with serving(admit=Door({"brief": BRIEF}).admit) as server:
        async with listener(server, first, hello=None) as one:
            await until(lambda: one.is_ended, "the end")

        assert [type(each) for each in one.heard] == [Welcome, Refusal]


def told(desk: Desk) -> list[object]:
    kinds = FeedReported | MessageRefused
    return [each for each in desk.reports if isinstance(each, kinds)]


def connections(desk: Desk) -> int:
    """How often the feed was told to serve: the public stream came up."""
    streams = [each for each in desk.reports if isinstance(each, StreamReported)]
    return sum(each.state.value == "connected" for each in streams)


@dataclass(frozen=True)
class Pair:
    """A runner and its feed, which says something all the while that it is waited for."""

    hub: Hub
    server: FeedServer
    desk: Desk

    async def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait."""

        def beat() -> object:
            self.server.broadcast(self.hub.publish(quote_now("1.5")))
            return holds()

        await until(beat, what)


@asynccontextmanager
async def runner_at(door: Door, file: list[str]) -> AsyncIterator[Pair]:
    """The last line of the file is the token; the runner is patient with its feed."""
    hub = Hub(QUEUED, REPLACED)
    with running_simulator(source=SteadyPrices(), stepping=True) as simulator:
        async with (
            serving(hub, door.admit) as server,
            desk_at(
                simulator, lambda: server.port, token=lambda: file[-1], timing=_PATIENT
            ) as desk,
        ):
            yield Pair(hub, server, desk)


async def test_a_runner_shows_a_renewed_token_on_the_connection_that_stands() -> None:
    """MD-8: the file has another token; the feed sees it once, and no connection ends."""
    door, file = Door({"first": 2 * WHILE, "second": LONG}), ["first"]
    async with runner_at(door, file) as pair:
        await pair.until(lambda: door.shown, "the hello")
        file.append("second")
        await pair.until(lambda: len(door.shown) > 1, "the renewal")

        assert door.shown == ["first", "second"]
        assert (connections(pair.desk), told(pair.desk), len(pair.hub)) == (1, [], 1)


async def test_a_runner_whose_token_has_ended_comes_again_with_the_next_one() -> None:
    """MD-8: that is no lost feed: the exchange is not asked meanwhile."""
    door, file = Door({"first": BRIEF, "second": LONG}), ["first"]
    async with runner_at(door, file) as pair:
        await pair.until(lambda: door.shown, "the hello")
        file.append("second")
        await pair.until(lambda: pair.server.counts.refusals, "the token's end")
        await pair.until(lambda: len(door.shown) > 1, "it comes again")
        await pair.until(lambda: len(pair.hub), "it is back")

        assert door.shown == ["first", "second"]
        assert pair.server.counts.refusals == {"token": 1}
        assert (told(pair.desk), pair.desk.exchange.direct) == ([], frozenset())
