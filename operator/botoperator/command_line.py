"""The command line: what a person or the chart says, as settings."""

import argparse
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from botapi.pods import PROBE_PORT
from botoperator.logs import Shape
from botoperator.relist import INTERVAL_SECONDS
from botoperator.settings import (
    FEED_RESOURCES,
    RUNNER_RESOURCES,
    FeedSettings,
    PullPolicy,
    Resources,
    Settings,
)

_ABOUT = "The control plane of Tradefleet: keeps a runner pod for every TradingAccount."
_RUN = """\
Watch TradingAccounts and keep for each a ServiceAccount, a Role, a RoleBinding and a StatefulSet
of one pod that trades it. The chart starts this in the cluster; on a desk it needs a kubeconfig.

The operator reads no Secret, and no account's safety depends on it: a stop works without it."""
_EXAMPLES = """\
examples:
  tradefleet-operator run --namespace tradefleet --runner-image tradefleet:0.1.0
  KUBECONFIG=~/.kube/config tradefleet-operator run --namespace tradefleet \\
      --runner-image tradefleet:0.1.0 --watch-namespace clients --probe-port 8081 -o text

probes: /livez, /readyz (after the first list) and /metrics on --probe-port.
exit codes: 0 ended by a signal, 1 a port that is taken, 2 a wrong command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `run` was told."""

    settings: Settings
    kubeconfig: Path | None
    """None in a pod: then its service account is used."""
    probe_host: str
    relist_seconds: float
    log_level: str
    shape: Shape


def parser() -> argparse.ArgumentParser:
    """Give the parser of the whole program."""
    whole = argparse.ArgumentParser(prog="tradefleet-operator", description=_ABOUT)
    whole.add_argument("--version", action="version", version=version("tradefleet"))
    commands = whole.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="watch TradingAccounts and keep their runners",
        description=_RUN,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_cluster(run.add_argument_group("the cluster"))
    _add_runners(run.add_argument_group("runner pods"))
    _add_feeds(run.add_argument_group("shared feeds of market data"))
    _add_process(run.add_argument_group("the process"))
    return whole


def options_of(parsed: argparse.Namespace) -> Options:
    """Give what was parsed as values."""
    settings = Settings(
        namespace=parsed.namespace,
        watch_namespaces=tuple(dict.fromkeys(parsed.watch_namespace)),
        runner_image=parsed.runner_image,
        image_pull_policy=PullPolicy(parsed.image_pull_policy),
        image_pull_secrets=tuple(dict.fromkeys(parsed.image_pull_secret)),
        runner_resources=parsed.runner_resources,
        simulator=parsed.simulator or None,
        feeds=_feeds_of(parsed),
        probe_port=parsed.probe_port,
    )
    return Options(
        settings=settings,
        kubeconfig=parsed.kubeconfig,
        probe_host=parsed.probe_host,
        relist_seconds=parsed.relist_seconds,
        log_level=parsed.log_level,
        shape=Shape(parsed.output),
    )


def _add_cluster(group: argparse._ArgumentGroup) -> None:
    _say(group, "--namespace", "the operator's own namespace", variable="POD_NAMESPACE")
    group.add_argument(
        "--watch-namespace",
        action="append",
        default=[],
        metavar="NAMESPACE",
        help="look after accounts in this namespace only; may be repeated (default: everywhere)",
    )
    in_pod = bool(os.environ.get("KUBERNETES_SERVICE_HOST"))
    where = os.environ.get("KUBECONFIG") or (None if in_pod else "~/.kube/config")
    group.add_argument(
        "--kubeconfig",
        type=_file,
        default=where,
        metavar="FILE",
        help="how to reach the cluster (default: $KUBECONFIG, in a pod its service account)",
    )
    group.add_argument(
        "--relist-seconds",
        type=_seconds(1, 86400),
        default=INTERVAL_SECONDS,
        metavar="SECONDS",
        help="compare all that is known with the cluster this often, a tenth more or less "
        "(default: %(default)g)",
    )


def _add_runners(group: argparse._ArgumentGroup) -> None:
    _say(group, "--runner-image", "the image of runner pods", variable="RUNNER_IMAGE")
    group.add_argument(
        "--image-pull-policy",
        choices=[policy.value for policy in PullPolicy],
        default=PullPolicy.IF_NOT_PRESENT.value,
        help="when a node fetches that image (default: %(default)s)",
    )
    group.add_argument(
        "--image-pull-secret",
        action="append",
        default=[],
        metavar="SECRET",
        help="name of a Secret to fetch it with, in each account's namespace; may be repeated",
    )
    group.add_argument(
        "--runner-resources",
        type=_resources,
        default=RUNNER_RESOURCES,
        metavar="JSON",
        help="requests and limits of the container, as in a pod: "
        '{"requests": {"cpu": "25m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}} '
        "(default: that)",
    )
    group.add_argument(
        "--simulator",
        type=_url,
        default="",
        metavar="URL",
        help="where accounts with environment simulated trade; without it they are Stalled",
    )


def _add_feeds(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--feeds",
        action="store_true",
        help="keep one MarketDataFeed for each symbol in use, in the operator's own namespace, "
        "and let runners use it (default: each runner asks the exchange itself)",
    )
    group.add_argument(
        "--feed-grace-seconds",
        type=_grace,
        default=FeedSettings().grace,
        metavar="SECONDS",
        help="keep a feed that nobody uses for so long (default: 600)",
    )
    group.add_argument(
        "--feed-resources",
        type=_resources,
        default=FEED_RESOURCES,
        metavar="JSON",
        help="requests and limits of a feed's container, as --runner-resources",
    )
    group.add_argument(
        "--feed-max-connections",
        type=_connections,
        default=FeedSettings().max_connections,
        metavar="NUMBER",
        help="subscribers of one feed; who comes beyond them asks the exchange itself "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--feed-owner",
        default="",
        metavar="DEPLOYMENT",
        help="the operator's own Deployment: feeds are taken away with it (default: they stay)",
    )
    _add_shares(group)


def _add_shares(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--direct-poll-seconds",
        type=_seconds(1, 3600),
        default=FeedSettings().direct_poll_seconds,
        metavar="SECONDS",
        help="while its feed is gone, a runner polls a price at most this often: all runners "
        "behind one address share the exchange's limits (default: %(default)g)",
    )
    group.add_argument(
        "--direct-connect-seconds",
        type=_seconds(0, 3600),
        default=FeedSettings().direct_connect_seconds,
        metavar="SECONDS",
        help="and begins a second public connection of its own no sooner than this after the "
        "first (default: %(default)g)",
    )


def _feeds_of(parsed: argparse.Namespace) -> FeedSettings | None:
    if not parsed.feeds:
        return None
    return FeedSettings(
        grace=parsed.feed_grace_seconds,
        resources=parsed.feed_resources,
        max_connections=parsed.feed_max_connections,
        owner=parsed.feed_owner,
        direct_poll_seconds=parsed.direct_poll_seconds,
        direct_connect_seconds=parsed.direct_connect_seconds,
    )


def _add_process(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--probe-port",
        type=_port,
        default=PROBE_PORT,
        metavar="PORT",
        help="port of /livez, /readyz and /metrics (default: %(default)s; 0 = any that is free)",
    )
    group.add_argument(
        "--probe-host",
        default="0.0.0.0",
        metavar="ADDRESS",
        help="address to listen on for them (default: %(default)s, all of IPv4)",
    )
    group.add_argument(
        "--log-level",
        choices=["debug", "info", "warning", "error"],
        default="info",
        help="least severe message that is logged (default: %(default)s)",
    )
    group.add_argument(
        "-o",
        "--output",
        choices=[shape.value for shape in Shape],
        default=Shape.JSON.value,
        help="shape of the log lines on stdout (default: %(default)s)",
    )


def _say(group: argparse._ArgumentGroup, flag: str, what: str, *, variable: str) -> None:
    given = os.environ.get(variable)
    group.add_argument(
        flag,
        default=given,
        required=not given,
        metavar=flag.rpartition("-")[2].upper(),
        help=f"{what} (default: ${variable})",
    )


def _file(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{path} is no file; name a kubeconfig")
    return path


def _seconds(least: int, most: int) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            seconds = math.nan
        if not least <= seconds <= most:
            raise argparse.ArgumentTypeError(f"must be a number of seconds, {least} to {most}")
        return seconds

    return read


def _grace(text: str) -> timedelta:
    if not (text.isdecimal() and int(text) <= 86400):
        raise argparse.ArgumentTypeError("must be a whole number of seconds, 0 to 86400")
    return timedelta(seconds=int(text))


def _connections(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 10000):
        raise argparse.ArgumentTypeError("must be a whole number, 1 to 10000")
    return int(text)


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError("must be a port, 0 to 65535")
    return int(text)


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError("must be a URL that begins with http:// or https://")
    return text.rstrip("/")


def _resources(text: str) -> Resources:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"is no JSON: {error}") from None
    if not isinstance(given, dict) or not given.keys() <= {"requests", "limits"}:
        raise argparse.ArgumentTypeError("must be an object with requests and limits only")
    return Resources(requests=_quantities(given, "requests"), limits=_quantities(given, "limits"))


def _quantities(given: Mapping[str, Any], name: str) -> Mapping[str, str]:
    quantities = given.get(name) or {}
    if not isinstance(quantities, dict):
        raise argparse.ArgumentTypeError(f'{name} must be an object such as {{"cpu": "25m"}}')
    for resource, quantity in quantities.items():
        # A number is a quantity too, as it is in a manifest.
        if isinstance(quantity, bool) or not isinstance(quantity, str | int | float):
            raise argparse.ArgumentTypeError(f"{name}.{resource} must be a quantity such as 25m")
    return {resource: str(quantity) for resource, quantity in quantities.items()}


def parse(arguments: Sequence[str] | None) -> Options:
    """Read a command line; ends the process where it asks for help or is wrong."""
    program = parser()
    parsed = program.parse_args(arguments)
    if parsed.command is None:
        program.error("a command is needed: run (see --help)")
    return options_of(parsed)
