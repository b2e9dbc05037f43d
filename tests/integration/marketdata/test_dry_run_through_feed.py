"""A dry run on the prices of a shared feed (KU-12, GR-51)."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.exchanges.port import Listeners, MakeAdapter
from botrunner.marketdata.feed_exchange import FeedExchange
from botrunner.marketdata.subscription import FeedAccess
from botrunner.runtime.venue_maker import VenueMaker
from botrunner.service.clock import SystemClock
from botrunner.simulator.bybit.auth import uid_of
from support.feeds import endpoints_of, running_feed, until
from support.memory_door import account_of
from support.pod_life import pod_life
from support.runner_desk import RunnerDesk, grid_simulator


def dry(desk: RunnerDesk) -> dict[str, Any]:
    """The desk's account as a dry run at the installation's simulator."""
    spec = {name: value for name, value in desk.whole_spec.items() if name != "endpoints"}
    return spec | {"mode": "dryRun", "initialBalance": 5000}


async def test_a_dry_run_trades_on_its_feed_without_a_connection_of_its_own(
    tmp_path: Path,
) -> None:
    """A grid opens, takes profit on a price that the feed told, and nobody signs outside."""
    made: list[FeedExchange] = []
    with grid_simulator() as simulator:
        desk = RunnerDesk(simulator, tmp_path)
        async with running_feed(simulator) as feed, AsyncExitStack() as stack:
            clock = SystemClock()
            access = FeedAccess(
                exchange="bybit",
                environment="simulated",
                market="futures",
                address_of=lambda symbol: f"ws://127.0.0.1:{feed.server.port}/",
            )

            def through(
                spec: TradingAccountSpec, make: MakeAdapter, heard: Listeners
            ) -> FeedExchange:
                made.append(FeedExchange(make, heard, access, clock))
                return made[-1]

            own = VenueMaker(endpoints_of(simulator), clock, stack, feeds=through)
            account = account_of(desk.name, **dry(desk))
            uid = str(uid_of(desk.name))
            async with pod_life(desk, own, account=account, admitted_uid=uid) as pod:
                await until(lambda: pod.door.last.open_orders == 4, "two exits and two levels")
                subscribers, direct = len(feed.hub), made[0].direct
                patience = made[0].access.timing.direct_after
                desk.price("0.9890")
                await until(
                    lambda: pod.door.last.account and pod.door.last.account.realised_pnl,
                    "a take-profit fills",
                )

        signed = [row for row in desk.read("requests")["requests"] if row["account"]]

    assert (subscribers, direct, patience) == (1, frozenset(), 3.0)
    assert signed == []
