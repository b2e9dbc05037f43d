"""`spec.marketData` acts on a client that stands: no restart, no reconnect (MD-6, MD-8, KU-13)."""

from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path

from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.domain.actions import ReadAccount
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, FeedLimits, FeedReported, Listeners
from botrunner.marketdata.admission import WELCOME, Admission
from botrunner.marketdata.feed_exchange import FeedExchange
from botrunner.marketdata.hub import Hub
from botrunner.marketdata.subscription import FeedAccess
from botrunner.runtime.venue_maker import VenueMaker
from botrunner.service.clock import SystemClock
from botrunner.simulator.bybit.auth import uid_of
from contract.exchanges.desk import Desk as Trader
from support.feeds import QUEUED, REPLACED, Desk, desk_at, serving, until
from support.memory_door import account_of
from support.pod_life import pod_life
from support.runner_desk import RunnerDesk, grid_simulator
from support.said import quote_now
from support.simulator import running_simulator
from support.steady_prices import SteadyPrices

KEYS = Credentials(api_key="sim-alice", api_secret="sim-alice-secret")
PATIENT = FeedLimits(direct_after_seconds=600.0, max_divergence_percent=Decimal("0.5"))
HASTY = FeedLimits(direct_after_seconds=1.0, max_divergence_percent=Decimal("0.5"))


class Hellos:
    """Lets everybody in, and counts them: a reconnect is one more."""

    def __init__(self) -> None:
        self.count = 0

    def admit(self, token: str) -> Admission:
        self.count += 1
        return WELCOME


def reasons(desk: Desk) -> list[str]:
    return [each.reason for each in desk.reports if isinstance(each, FeedReported)]


async def test_less_patience_acts_on_a_feed_that_is_silent_already() -> None:
    """MD-6: it says nothing after its first quote, on a connection that stands."""
    hub, hellos = Hub(QUEUED, REPLACED), Hellos()
    with running_simulator(source=SteadyPrices(), stepping=True) as simulator:
        async with serving(hub, hellos.admit) as server:
            server.broadcast(hub.publish(quote_now("0.5000")))
            async with desk_at(simulator, lambda: server.port) as desk:
                desk.exchange.set_feed_limits(PATIENT)
                await until(lambda: desk.has_bid("0.5000"), "the feed's quote")
                was_direct = desk.is_direct
                desk.exchange.set_feed_limits(HASTY)
                await until(lambda: desk.is_direct, "it goes direct")
                desk.exchange.set_feed_limits(PATIENT)
                server.broadcast(hub.publish(quote_now("0.5000")))
                await until(lambda: not desk.is_direct, "it comes back")

                assert not was_direct
                assert (hellos.count, len(hub)) == (1, 1)


async def test_a_larger_divergence_is_taken_at_once_and_a_smaller_one_at_the_next_read() -> None:
    """MD-8: the feed says 0.506 where the exchange says 0.5, 1.2 percent apart."""
    hub, hellos = Hub(QUEUED, REPLACED), Hellos()
    wide = FeedLimits(direct_after_seconds=600.0, max_divergence_percent=Decimal(2))
    with running_simulator(source=SteadyPrices(), stepping=True) as simulator:
        trader = Trader(simulator, "alice")
        await trader.prepare()
        await trader.place(trader.order(None, "10"))
        await trader.stop()
        async with serving(hub, hellos.admit) as server:
            server.broadcast(hub.publish(quote_now("0.5060")))
            async with desk_at(simulator, lambda: server.port, keys=KEYS) as desk:
                desk.exchange.set_feed_limits(wide)
                await until(lambda: desk.has_bid("0.5060"), "the feed's quote")
                await desk.exchange.read_account(ReadAccount(token=1))
                desk.exchange.set_feed_limits(PATIENT)
                await desk.exchange.read_account(ReadAccount(token=1))
                await until(lambda: desk.is_direct, "it is left after the second look")
                await until(lambda: desk.has_bid("0.5000"), "the exchange's own price")
                desk.exchange.set_feed_limits(wide)
                server.broadcast(hub.publish(quote_now("0.5061")))
                await until(lambda: not desk.is_direct, "it is believed again")

                assert reasons(desk) == ["its price differs from the exchange's own", ""]
                assert hellos.count == 1


async def test_a_patch_of_the_account_reaches_the_client_of_a_runner_that_lives(
    tmp_path: Path,
) -> None:
    """KU-13: from the account's door to the link, with the life and the connection as they were."""
    hub, hellos, made = Hub(QUEUED, REPLACED), Hellos(), []
    with grid_simulator() as simulator:
        desk = RunnerDesk(simulator, tmp_path)
        async with serving(hub, hellos.admit) as server, AsyncExitStack() as stack:
            server.broadcast(hub.publish(quote_now("1.00")))
            clock = SystemClock()
            own = VenueMaker(None, clock, stack)
            access = FeedAccess(
                exchange="bybit",
                environment="simulated",
                market="futures",
                address_of=lambda symbol: f"ws://127.0.0.1:{server.port}/",
            )

            def make(spec: TradingAccountSpec, keys: Credentials, heard: Listeners) -> Exchange:
                made.append(
                    FeedExchange(lambda inner: own(spec, keys, inner), heard, access, clock)
                )
                return made[-1]

            def patched(seconds: int) -> dict[str, object]:
                settings = {"directAfterSeconds": seconds, "maxFeedDivergencePercent": 7}
                spec = desk.whole_spec | {"marketData": settings}
                return {"account": account_of(desk.name, **spec)}

            uid = str(uid_of(desk.name))
            async with pod_life(desk, make, admitted_uid=uid, **patched(60)) as pod:
                await until(lambda: len(hub) == 1, "the runner is subscribed")
                before = made[0].access.timing.direct_after, made[0].direct
                pod.door.says(**patched(1))
                await until(lambda: made[0].direct, "it asks the exchange itself")
                await pod.until_reason("MarketDataReady", "FeedLost")
                after = made[0].access

    assert before == (60.0, frozenset())
    assert (after.timing.direct_after, after.max_divergence_percent) == (1.0, Decimal(7))
    assert (len(made), hellos.count) == (1, 1)
