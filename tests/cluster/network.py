"""The node's network: one link to the machine, addresses of its own.

Only the machine reaches it and it reaches only the machine: no forwarding, no address translation,
no iptables rule outside the node.
"""

import ipaddress
import json
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any

from cluster.anchor import Anchor
from cluster.command import run
from cluster.errors import ClusterError
from cluster.packages import SEARCH_PATH

LINK = "tfleet0"
# One block for everything, unlike those that clusters and container engines use by default.
BLOCK = ipaddress.IPv4Network("10.247.0.0/16")
POD_RANGE = ipaddress.IPv4Network("10.247.0.0/20")
SERVICE_RANGE = ipaddress.IPv4Network("10.247.128.0/20")
API_SERVICE_ADDRESS = str(SERVICE_RANGE[1])
MACHINE_ADDRESS = "10.247.255.1"
NODE_ADDRESS = "10.247.255.2"

POD_BRIDGE = "tfleet-pods"
_INSIDE = f"""
set -e
ip link set lo up
ip link add {POD_BRIDGE} type bridge
ip address add {NODE_ADDRESS}/30 dev eth0
ip link set eth0 up
ip route add default via {MACHINE_ADDRESS}
echo 1 > /proc/sys/net/ipv4/ip_forward
# Without it a pod's call to a Service whose pod is its neighbour loses the way back.
echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
"""


def connect(anchor: Anchor) -> None:
    """Link the node of ANCHOR, which has no network yet, with the machine.

    Raises ClusterError when the machine already uses the addresses.
    """
    disconnect()
    _check_free()
    _load_modules()
    pid = str(anchor.process.pid)
    what = "link the node with this machine (does the kernel have veth, bridge, br_netfilter?)"
    peer = ("peer", "name", "eth0", "netns", pid)
    run("ip", "link", "add", LINK, "type", "veth", *peer, what=what)
    run("ip", "address", "add", f"{MACHINE_ADDRESS}/30", "dev", LINK, what=what)
    run("ip", "link", "set", LINK, "up", what=what)
    run(*anchor.enter(), "sh", "-c", _INSIDE, what=what)
    run("ip", "route", "add", str(BLOCK), "via", NODE_ADDRESS, "dev", LINK, what=what)


def is_connected() -> bool:
    """Whether the machine still has our link and the route to the node through it."""
    return any(
        route["dst"] == str(BLOCK) and route.get("dev") == LINK and "linkdown" not in route["flags"]
        for route in _routes()
    )


def disconnect() -> None:
    """Remove our link, with its routes, if it is there."""
    if LINK in _links():
        # The kernel may remove it first, together with the node's network.
        try:
            run("ip", "link", "delete", LINK, what=f"remove the network link {LINK}")
        except ClusterError:
            _wait_removed()


def _wait_removed() -> None:
    deadline = time.monotonic() + 10
    while LINK in _links():
        if time.monotonic() > deadline:
            raise ClusterError(f"the network link {LINK} stays; remove it: ip link delete {LINK}")
        time.sleep(0.1)


def _links() -> set[str]:
    listed = run("ip", "-json", "link", "show", what="list the network links")
    return {link["ifname"] for link in json.loads(listed)}


def _load_modules() -> None:
    # Fails where the kernel has it built in, which is as good: the next step would tell.
    if modprobe := shutil.which("modprobe", path=SEARCH_PATH):
        subprocess.run([modprobe, "--quiet", "br_netfilter"], capture_output=True)


def _check_free() -> None:
    if taken := conflicting_route(_routes()):
        raise ClusterError(
            f"this machine already has a route to {taken['dst']} (by {taken.get('dev')}), where the"
            " cluster would have its addresses; take that network down, or use kind: CLUSTER=kind"
        )


def _routes() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(
        run("ip", "-json", "-4", "route", "show", what="list the routes")
    )
    return listed


def conflicting_route(routes: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The first of ROUTES, as `ip -json route` lists them, that shares an address with us."""
    for route in routes:
        if route["dst"] != "default" and BLOCK.overlaps(ipaddress.IPv4Network(route["dst"])):
            return route
    return None
