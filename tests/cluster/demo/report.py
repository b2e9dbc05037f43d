"""What the demo prints: tables of the exchange's answers, and what to try next."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cluster.paths import BIN, KUBECONFIG, REPOSITORY

_SIDES = {1: "long", 2: "short"}

_NEXT = """\
Next, with  export KUBECONFIG={kubeconfig} PATH={bin}:$PATH

  watch     kubectl get ta -w
            kubectl describe ta account-001
            kubectl logs account-001-0 -f
  stop      kubectl patch ta account-001 --type=merge -p '{{"spec":{{"emergencyStop":true}}}}'
  resume    kubectl patch ta account-001 --type=merge -p '{{"spec":{{"emergencyStop":null}}}}'
  more      kubectl apply -f examples/two-accounts.yaml
            kubectl explain tradingaccount.spec --recursive
  remove    kubectl delete -f examples/account-001.yaml
  tear down make cluster-down"""


def order_table(orders: Sequence[Mapping[str, Any]]) -> str:
    """The orders of /v5/order/realtime, best price first on each side."""
    head = ("ORDER", "SYMBOL", "GRID SIDE", "PRICE", "QUANTITY", "KIND")
    ranked = sorted(orders, key=lambda order: (order["positionIdx"], float(order["price"])))
    return _table(head, (_order(order) for order in ranked))


def position_table(positions: Sequence[Mapping[str, Any]]) -> str:
    """The positions of /v5/position/list."""
    head = ("POSITION", "SYMBOL", "ENTRY", "SIZE", "UNREALISED PNL")
    return _table(head, (_position(position) for position in positions))


def next_steps() -> str:
    """How to watch, stop, resume and tear down what now runs."""
    return _NEXT.format(kubeconfig=_short(KUBECONFIG), bin=_short(BIN))


def _order(order: Mapping[str, Any]) -> tuple[str, ...]:
    kind = "exit, reduce-only" if order["reduceOnly"] else "entry"
    side = _SIDES.get(order["positionIdx"], "one-way")
    return (order["side"], order["symbol"], side, order["price"], order["qty"], kind)


def _position(position: Mapping[str, Any]) -> tuple[str, ...]:
    side = _SIDES.get(position["positionIdx"], "one-way")
    values = (position[name] for name in ("symbol", "avgPrice", "size", "unrealisedPnl"))
    return (side, *values)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  "
        + "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _short(path: Path) -> str:
    """As a person in the clone's folder types it."""
    in_clone = os.path.realpath(Path.cwd()) == os.path.realpath(REPOSITORY)
    return f"$PWD/{path.relative_to(REPOSITORY)}" if in_clone else str(path)
