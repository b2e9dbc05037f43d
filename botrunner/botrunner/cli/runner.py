"""`tradefleet runner`: what the pod of one TradingAccount runs."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn
from urllib.parse import urlsplit

import typer

from botapi.feeds import DIRECT_CONNECT_SECONDS, DIRECT_POLL_SECONDS, FEED_TOKEN_FOLDER
from botapi.pods import KEYS_FOLDER, POD_NAME_VARIABLE, PROBE_PORT, STATE_FOLDER, TOKEN_FOLDER
from botrunner.cli.event_loop import loop_factory
from botrunner.cli.failure import fail

if TYPE_CHECKING:
    # What a runner needs is imported when one starts: every other command does without.
    from botrunner.account_resource.kube_api import ApiPlace
    from botrunner.cli.runner_pod import RunnerSettings
    from botrunner.marketdata.maker import FeedPlace
    from botrunner.runtime.venues import AddressShare

PRINT_SECONDS = 0.5
"""So long the last lines are waited for at the end (GR-52)."""


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise typer.BadParameter(f"{text!r} is no address; give one as http://host:port")
    return text.rstrip("/")


def _secure_address(text: str) -> str:
    if not _address(text).startswith("https:"):
        raise typer.BadParameter("must begin with https: the pod's token is sent there")
    return text.rstrip("/")


def runner(
    namespace: Annotated[str, typer.Option(help="Namespace of the TradingAccount.")],
    account: Annotated[str, typer.Option(help="Name of the TradingAccount.")],
    simulator: Annotated[
        str | None,
        typer.Option(
            parser=_address,
            metavar="URL",
            help="The simulator for environment: simulated without endpoints, http://host:port.",
        ),
    ] = None,
    api_server: Annotated[
        str | None,
        typer.Option(
            parser=_secure_address,
            metavar="URL",
            help="The API server. Default: as the kubelet tells every container.",
        ),
    ] = None,
    token_file: Annotated[
        Path, typer.Option(help="The ServiceAccount's token; read anew for every request.")
    ] = Path(TOKEN_FOLDER) / "token",
    ca_file: Annotated[
        Path, typer.Option(help="The certificate authority of the API server.")
    ] = Path(TOKEN_FOLDER) / "ca.crt",
    state_dir: Annotated[
        Path, typer.Option(help="Folder for the state file, the stop file and the last copy.")
    ] = Path(STATE_FOLDER),
    keys_dir: Annotated[
        Path, typer.Option(help="Folder with the files apiKey and apiSecret of the Secret.")
    ] = Path(KEYS_FOLDER),
    probe_host: Annotated[
        str, typer.Option(help="Address to serve /livez, /readyz and /metrics on.")
    ] = "0.0.0.0",
    probe_port: Annotated[
        int, typer.Option(help="Port of the probes; 0 takes any.", min=0, max=65535)
    ] = PROBE_PORT,
    feeds_namespace: Annotated[
        str | None,
        typer.Option(
            help="Namespace of the shared feeds; prices come through them while they are well. "
            "Default: straight from the exchange.",
        ),
    ] = None,
    feed_token: Annotated[
        Path, typer.Option(help="The token that opens the feeds; read for every connection.")
    ] = Path(FEED_TOKEN_FOLDER) / "token",
    direct_poll_seconds: Annotated[
        float,
        typer.Option(
            help="With feeds: pause between two polls of a price while one is down.", min=1
        ),
    ] = float(DIRECT_POLL_SECONDS),
    direct_connect_seconds: Annotated[
        float,
        typer.Option(
            help="With feeds: pause between two public connections of its own. The first is free; "
            "300 runners behind one address stay below the exchange's 500 in 5 minutes.",
            min=0,
        ),
    ] = float(DIRECT_CONNECT_SECONDS),
) -> None:
    """Trade one TradingAccount of the cluster: the program of its pod.

    The operator starts it; tradefleet run trades accounts from files instead.

    It watches its own TradingAccount and reports into its status. A changed
    spec acts live, and so does the stop: set spec.emergencyStop: true, or the
    annotation tradefleet.dev/emergency-stop, and the account stops within a
    second, with the operator down too.

    Without the API server it goes on protecting what it holds; entries wait
    after 30 seconds, until the API server is back.

    SIGTERM ends it within 5 seconds; orders stay as they rest, and the next
    start goes on from them.

    [bold]Examples[/bold]

    [cyan]tradefleet runner --namespace clients --account account-001[/cyan] in a pod

    [cyan]kubectl logs account-001-0 -f[/cyan] what it says, one JSON line a record

    [cyan]kubectl port-forward account-001-0 8080[/cyan] then ask /readyz what is missing
    """
    place = _place(api_server, token_file, ca_file)
    from botrunner.account_resource.kube_follow import Address
    from botrunner.cli.runner_pod import RunnerSettings

    settings = RunnerSettings(
        address=Address(namespace=namespace, name=account),
        place=place,
        pod=os.environ.get(POD_NAME_VARIABLE, ""),
        state_dir=state_dir.absolute(),
        keys_dir=keys_dir.absolute(),
        simulator=simulator,
        probe_host=probe_host,
        probe_port=probe_port,
        feeds=_feeds(feeds_namespace, feed_token),
        share=_share(feeds_namespace, direct_poll_seconds, direct_connect_seconds),
    )
    _run(settings)
    # A request that nobody waits for any more would hold its thread, and us, for 10 s.
    os._exit(0)  # Both streams are flushed with every line.


def _place(api_server: str | None, token_file: Path, ca_file: Path) -> "ApiPlace":
    from botrunner.account_resource.kube_api import ApiPlace, place_in_pod

    if api_server is not None:
        return ApiPlace(url=api_server, token_file=token_file, ca_file=ca_file)
    place = place_in_pod(os.environ, token_file=token_file, ca_file=ca_file)
    if place is None:
        _fail(
            "this is no pod: KUBERNETES_SERVICE_HOST is not set; give --api-server, --token-file "
            "and --ca-file, or trade from a file with tradefleet run"
        )
    return place


def _feeds(namespace: str | None, token_file: Path) -> "FeedPlace | None":
    if namespace is None:
        return None
    from botrunner.marketdata.maker import FeedPlace

    return FeedPlace(namespace=namespace, token_file=token_file)


def _share(namespace: str | None, poll_seconds: float, connect_seconds: float) -> "AddressShare":
    from botrunner.runtime.venues import WHOLE_ADDRESS, AddressShare

    if namespace is None:
        return WHOLE_ADDRESS
    return AddressShare(poll_seconds=poll_seconds, connect_seconds=connect_seconds)


def _run(settings: "RunnerSettings") -> None:
    from botrunner.cli.line_printer import LinePrinter
    from botrunner.cli.runner_pod import RunnerError, run_pod

    printer = LinePrinter(sys.stdout)

    def hear(record: Mapping[str, object]) -> None:
        printer.print(json.dumps(record))

    try:
        with asyncio.Runner(loop_factory=loop_factory()) as loop:
            loop.run(run_pod(settings, hear))
    except RunnerError as error:
        _fail(str(error))
    finally:
        printer.close(PRINT_SECONDS)


def _fail(problem: str) -> NoReturn:
    fail(problem, "runner")
