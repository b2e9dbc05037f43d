"""`tradefleet feed`: the prices of one symbol for any number of runners."""

import asyncio
import errno
import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from botapi.feeds import FEED_PORT, FUTURES, feed_name
from botapi.pods import POD_NAME_VARIABLE, PROBE_PORT, TOKEN_FOLDER
from botapi.v1alpha1.account import Environment, Exchange
from botrunner.cli.event_loop import loop_factory
from botrunner.cli.failure import fail

if TYPE_CHECKING:
    # What a feed needs is imported when one starts: every other command does without.
    from botrunner.cli.run_feed import FeedProcess, ReportTo
    from botrunner.exchanges.bybit.endpoints import Endpoints

DEPTHS = (1, 50, 200, 1000)


def feed(
    symbol: Annotated[str, typer.Option(help="The contract, for example XRPUSDT.")],
    exchange: Annotated[Exchange, typer.Option(help="The exchange.")] = Exchange.BYBIT,
    environment: Annotated[
        Environment, typer.Option(help="Which of its systems.")
    ] = Environment.DEMO,
    market: Annotated[str, typer.Option(help="The market; futures is the only one.")] = FUTURES,
    book_depth: Annotated[
        int, typer.Option(help="Levels of the order book: 1, 50, 200 or 1000.")
    ] = 50,
    interval: Annotated[
        list[str] | None,
        typer.Option(metavar="INTERVAL", help="Candles to serve; may be repeated. Default: 1."),
    ] = None,
    stale_after_seconds: Annotated[
        float,
        typer.Option(help="Silence of the stream after which prices are polled by REST.", min=1),
    ] = 5.0,
    host: Annotated[str, typer.Option(help="Address for subscribers.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port for subscribers; 0 takes any.", min=0, max=65535)
    ] = FEED_PORT,
    probe_host: Annotated[str, typer.Option(help="Address of probes, metrics.")] = "127.0.0.1",
    probe_port: Annotated[
        int, typer.Option(help="Port of probes and metrics; 0 takes any.", min=0, max=65535)
    ] = PROBE_PORT,
    keys: Annotated[
        str,
        typer.Option(
            metavar="auto|cluster|none|FILE",
            help="What subscribers' tokens are checked with: the keys that the cluster publishes, "
            "a JWK Set in a file, or nothing, which only loopback may have. Default: cluster in a "
            "pod, else none.",
        ),
    ] = "auto",
    max_connections: Annotated[
        int, typer.Option(help="More connections than this are refused.", min=1, max=60_000)
    ] = 600,
    simulator: Annotated[
        str | None,
        typer.Option(metavar="URL", help="REST address of the simulator (environment simulated)."),
    ] = None,
    rest: Annotated[
        str | None, typer.Option(metavar="URL", help="REST address in place of the environment's.")
    ] = None,
    public_stream: Annotated[
        str | None, typer.Option(metavar="URL", help="Stream in place of the environment's.")
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option(help="In a pod: namespace of its MarketDataFeed, whose status it writes."),
    ] = None,
) -> None:
    """Follow one symbol at the exchange and serve its prices to any number of runners.

    One connection to the exchange: quotes, trades, order book, candles. A runner that cannot reach
    its feed asks the exchange itself, so a feed may be restarted at any time. It holds no keys.

    [bold]Examples[/bold]

    [cyan]tradefleet feed --symbol XRPUSDT[/cyan] prices of the demo environment on this machine

    [cyan]tradefleet simulator --port 8480[/cyan] in one terminal, in another one:
    [cyan]tradefleet feed --symbol XRPUSDT --environment simulated --simulator http://localhost:8480[/cyan]

    [cyan]curl localhost:8080/metrics[/cyan] its metrics; /readyz says what is wrong
    """
    keys = _keys(keys, host)
    if book_depth not in DEPTHS:
        _fail(f"--book-depth {book_depth}: the exchange has 1, 50, 200 and 1000 levels")
    if market != FUTURES:
        _fail(f"--market {market!r}: futures is the only one that there is an adapter for")
    served = (exchange.value, environment.value, market, symbol)
    candles = tuple(dict.fromkeys(interval or ["1"]))
    _run(
        _process(
            served,
            book_depth=book_depth,
            intervals=candles,
            max_connections=max_connections,
            endpoints=_endpoints(environment, simulator, rest, public_stream),
            stale_seconds=stale_after_seconds,
            keys=keys,
            subscribers=(host, port),
            probes=(probe_host, probe_port),
            report=_report(namespace, served),
        )
    )


def _process(
    served: tuple[str, str, str, str],
    *,
    book_depth: int,
    intervals: tuple[str, ...],
    max_connections: int,
    endpoints: "Endpoints",
    stale_seconds: float,
    keys: str,
    subscribers: tuple[str, int],
    probes: tuple[str, int],
    report: "ReportTo | None",
) -> "FeedProcess":
    from botrunner.cli.run_feed import FeedProcess
    from botrunner.exchanges.bybit.mapper_market import INTERVALS
    from botrunner.marketdata.feed import FeedSettings
    from botrunner.marketdata.server import ServerLimits
    from botrunner.service.clock import SystemClock

    unknown = sorted(set(intervals) - INTERVALS)
    if unknown:
        known = ", ".join(sorted(INTERVALS, key=lambda each: (len(each), each)))
        _fail(f"--interval {', '.join(unknown)}: the exchange has {known}")
    exchange, environment, market, symbol = served
    settings = FeedSettings(
        exchange=exchange,
        environment=environment,
        market=market,
        symbol=symbol,
        feed=SystemClock().now().isoformat(),
        book_depth=book_depth,
        intervals=intervals,
        limits=ServerLimits(connections=max_connections),
    )
    return FeedProcess(
        settings=settings,
        endpoints=endpoints,
        stale_seconds=stale_seconds,
        keys=keys,
        host=subscribers[0],
        port=subscribers[1],
        probe_host=probes[0],
        probe_port=probes[1],
        report=report,
    )


def _report(namespace: str | None, served: tuple[str, str, str, str]) -> "ReportTo | None":
    if namespace is None:
        return None
    from botrunner.account_resource.kube_api import place_in_pod
    from botrunner.cli.run_feed import ReportTo

    folder = Path(TOKEN_FOLDER)
    place = place_in_pod(os.environ, token_file=folder / "token", ca_file=folder / "ca.crt")
    if place is None:
        _fail("--namespace: this is no pod: KUBERNETES_SERVICE_HOST is not set; leave it out")
    pod = os.environ.get(POD_NAME_VARIABLE, "")
    return ReportTo(place=place, namespace=namespace, name=feed_name(*served), pod=pod)


def _endpoints(
    environment: Environment, simulator: str | None, rest: str | None, public_stream: str | None
) -> "Endpoints":
    from botrunner.exchanges.bybit.endpoints import endpoints_for
    from botrunner.runtime.venues import VenueError, simulator_at

    is_simulated = environment is Environment.SIMULATED
    if is_simulated is not (simulator is not None):
        _fail("--simulator URL and --environment simulated belong together: give both or neither")
    try:
        if simulator is not None:
            return simulator_at(simulator)
        return endpoints_for(environment.value, rest=rest, public_stream=public_stream)
    except (VenueError, ValueError) as error:
        _fail(str(error))


def _keys(wish: str, host: str) -> str:
    if wish == "auto":
        wish = "cluster" if (Path(TOKEN_FOLDER) / "token").exists() else "none"
    if wish == "none" and not _is_loopback(host):
        _fail(
            f"--host {host} without --keys: whoever reaches it could subscribe; give --keys "
            "cluster in a pod, --keys FILE with a JWK Set, or listen on 127.0.0.1"
        )
    if wish not in ("none", "cluster") and not Path(wish).is_file():
        _fail(f"--keys {wish}: there is no such file; give a JWK Set, cluster or none")
    return wish


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _run(process: "FeedProcess") -> None:
    from botrunner.cli.run_feed import serve_feed

    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve_feed(process, typer.echo))
    except OSError as error:
        _fail(_explain(error, process))


def _explain(error: OSError, process: "FeedProcess") -> str:
    ports = f"--port {process.port} or --probe-port {process.probe_port}"
    if error.errno == errno.EADDRINUSE:
        return f"{ports} is in use; give another one, 0 takes any that is free"
    return f"cannot listen on {process.host} ({ports}): {error.strerror or error}; check --host"


def _fail(problem: str) -> NoReturn:
    fail(problem, "feed")
