"""python -m cluster: the local cluster, from the command line."""

import argparse
import sys
import time
from pathlib import Path
from types import ModuleType

from cluster import kind, local, switches
from cluster.errors import ClusterError
from cluster.flavours import Flavour, choose, standing
from cluster.load import load_image
from cluster.paths import BIN, KUBECONFIG, REPOSITORY
from cluster.progress import say

_EXAMPLES = """
a first look:
  make cluster-up                                bring it up, or repair it
  export KUBECONFIG=$PWD/.cluster/kubeconfig
  .cluster/bin/kubectl get nodes
  make cluster-down                              leave nothing behind

CLUSTER=kind or CLUSTER=local forces one kind of cluster; without it kind is taken where a Docker
daemon answers. Only the built-in cluster (local) has the switches api-server, node and audit. What
is costly to make is kept in ~/.cache/tradefleet ($TRADEFLEET_CACHE names another folder).
"""


def main() -> int:
    """Do what the arguments say; 0 on success, 1 after a line that says what is in the way."""
    arguments = _parser().parse_args()
    try:
        return _COMMANDS[arguments.command](arguments)
    except ClusterError as error:
        say(f"error: {error}")
        return 1
    except PermissionError as error:
        say(f"error: {error.filename} belongs to another user: run it with sudo")
        return 1
    except OSError as error:
        say(f"error: {error.filename or 'this machine'}: {error.strerror}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command goes on where this one ended")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cluster",
        description="A real Kubernetes on this machine, for development and tests.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="bring the cluster up, or repair it")
    commands.add_parser("down", help="end it and remove everything but the cache")
    commands.add_parser("status", help="what runs and what works; exits 0 when all of it does")
    api_server = commands.add_parser("api-server", help="stop it as by a crash, start it again")
    api_server.add_argument("action", choices=("stop", "start"))
    node = commands.add_parser("node", help="stop the kubelet, start it again")
    node.add_argument("action", choices=("stop", "start"))
    node.add_argument(
        "--runtime", action="store_true", help="stop the pods too, as by a loss of power"
    )
    commands.add_parser("audit", help="print the path of the API server's audit log")
    load = commands.add_parser("load", help="bring an image archive into the node")
    load.add_argument("image", type=Path, metavar="IMAGE.tar")
    return parser


def _flavour() -> ModuleType:
    return kind if choose() is Flavour.KIND else local


def _up(_: argparse.Namespace) -> int:
    began = time.monotonic()
    changed = _flavour().up()
    say(f"{'up' if changed else 'was up already'} ({time.monotonic() - began:.1f} s)")
    print(f"next: export KUBECONFIG={_short(KUBECONFIG)}; {_short(BIN / 'kubectl')} get nodes")
    print("      take it down again with: make cluster-down")
    return 0


def _down(_: argparse.Namespace) -> int:
    print("the cluster is gone" if _flavour().down() else "there was no cluster of this clone")
    return 0


def _status(_: argparse.Namespace) -> int:
    if standing() is None:
        print("there is no cluster of this clone; bring it up: make cluster-up")
        return 1
    flavour = _flavour()
    print("\n".join(flavour.status()))
    return 0 if flavour.is_ready() else 1


def _api_server(arguments: argparse.Namespace) -> int:
    if arguments.action == "stop":
        switches.stop_api_server()
    else:
        switches.start_api_server()
    return 0


def _node(arguments: argparse.Namespace) -> int:
    if arguments.action == "stop":
        switches.stop_node(runtime=arguments.runtime)
    else:
        switches.start_node()
    return 0


def _audit(_: argparse.Namespace) -> int:
    print(switches.audit_log())
    return 0


def _load(arguments: argparse.Namespace) -> int:
    load_image(arguments.image)
    return 0


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if here == REPOSITORY else str(path)


_COMMANDS = {
    "up": _up,
    "down": _down,
    "status": _status,
    "api-server": _api_server,
    "node": _node,
    "audit": _audit,
    "load": _load,
}

if __name__ == "__main__":
    sys.exit(main())
