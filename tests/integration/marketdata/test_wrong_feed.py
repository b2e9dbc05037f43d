"""A feed whose price is wrong: noticed by the exchange's own word, left, believed again (MD-8)."""

from botrunner.domain.actions import ReadAccount
from botrunner.domain.side import Side
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.market_data import Source
from botrunner.exchanges.port import FeedReported
from botrunner.marketdata.hub import Hub
from botrunner.marketdata.wire import UpstreamSaid, microseconds
from botrunner.service.clock import SystemClock
from contract.exchanges.desk import Desk as Trader
from support.feeds import QUEUED, REPLACED, SYMBOL, Desk, desk_at, serving, until
from support.said import quote_now
from support.simulator import RunningSimulator, running_simulator
from support.steady_prices import SteadyPrices

KEYS = Credentials(api_key="sim-alice", api_secret="sim-alice-secret")


def heartbeat() -> UpstreamSaid:
    now = microseconds(SystemClock().now())
    return UpstreamSaid(
        exchange_time_us=now,
        feed_time_us=now,
        source=Source.STREAM,
        state="connected",
        reconnects=0,
    )


async def open_a_position(simulator: RunningSimulator) -> None:
    """Without one a read of positions has no mark price."""
    trader = Trader(simulator, "alice")
    await trader.prepare()
    await trader.place(trader.order(None, "10", side=Side.LONG))
    await trader.stop()


def used(desk: Desk) -> list[bool]:
    return [each.is_used for each in desk.reports if isinstance(each, FeedReported)]


async def test_a_feed_that_is_wrong_twice_is_left_until_it_is_right_again() -> None:
    """MD-8: the first read leads to a second one, by itself."""
    hub = Hub(QUEUED, REPLACED)
    with running_simulator(source=SteadyPrices(), stepping=True) as simulator:
        await open_a_position(simulator)
        async with serving(hub) as server:
            server.broadcast(hub.publish(quote_now("0.6000")))
            async with desk_at(simulator, lambda: server.port, keys=KEYS) as desk:

                def beat() -> bool:
                    server.broadcast(hub.publish(heartbeat()))
                    return desk.is_direct

                await until(lambda: desk.has_bid("0.6000"), "the wrong price")
                await desk.exchange.read_account(ReadAccount(token=1))
                after_one = desk.is_direct
                await until(beat, "it is left")
                await until(lambda: desk.has_bid("0.5000"), "the exchange's own price")

                def mend() -> bool:
                    server.broadcast(hub.publish(quote_now("0.5001")))
                    return not desk.is_direct

                await until(mend, "it is believed again")

                reasons = [r.reason for r in desk.reports if isinstance(r, FeedReported)]
                assert not after_one
                assert used(desk) == [False, True]
                assert reasons == ["its price differs from the exchange's own", ""]
                assert SYMBOL not in desk.exchange.direct


async def test_a_feed_that_is_right_is_not_suspected() -> None:
    """MD-8: within half a percent."""
    hub = Hub(QUEUED, REPLACED)
    with running_simulator(source=SteadyPrices(), stepping=True) as simulator:
        await open_a_position(simulator)
        async with serving(hub) as server:
            server.broadcast(hub.publish(quote_now("0.5020")))
            async with desk_at(simulator, lambda: server.port, keys=KEYS) as desk:
                await until(lambda: desk.has_bid("0.5020"), "a price")
                for _ in range(3):
                    await desk.exchange.read_account(ReadAccount(token=1))

                assert used(desk) == []
