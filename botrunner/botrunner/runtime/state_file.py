"""``<account>/bot_state.json``: the levels as people and auditors read them (GR-44).

Nothing reads it back: what is true stands at the exchange.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from botrunner.account_resource.whole_file import write_whole
from botrunner.domain.control import Event, SymbolRead
from botrunner.domain.events import OrderFilled
from botrunner.domain.ids import decode
from botrunner.domain.order import Order
from botrunner.domain.side import Purpose, Side
from botrunner.engine.state import EngineState, Run

NAME = "bot_state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Execution:
    order_id: str
    at: datetime


class LevelHistory:
    """Which order filled each level last, and when: what the engine does not need to remember."""

    def __init__(self) -> None:
        self._filled: dict[tuple[str, Side, int], _Execution] = {}

    def take(self, event: Event) -> None:
        """Learn from a fill, or from the fills of a recovery."""
        match event:
            case OrderFilled():
                self._learn(event)
            case SymbolRead():
                for fill in event.fills:
                    self._learn(fill)
            case _:
                return

    def of(self, strategy: str, side: Side, level: int) -> tuple[str, str]:
        """Order id and time of the last fill; empty where it is not known."""
        found = self._filled.get((strategy, side, level))
        return (found.order_id, found.at.isoformat()) if found else ("", "")

    def _learn(self, fill: OrderFilled) -> None:
        identity = decode(fill.order_id)
        if identity is not None and identity.purpose is Purpose.ENTRY:
            key = (identity.strategy, identity.side, identity.level)
            self._filled[key] = _Execution(order_id=fill.order_id, at=fill.at)


def state_document(state: EngineState, history: LevelHistory) -> dict[str, object]:
    """Every symbol with its levels and exits, in JSON's own words."""
    return {run.symbol: _symbol(state, run, history) for run in state.runs.values()}


def write_state(folder: Path, document: dict[str, object]) -> None:
    """Replace the file in one step. Raises OSError."""
    write_whole(folder / NAME, json.dumps(document, indent=2) + "\n")


def _symbol(state: EngineState, run: Run, history: LevelHistory) -> dict[str, object]:
    orders = state.live_orders(run.name)
    exits = {
        order.side: order.order_id
        for order in orders
        if order.purpose is Purpose.TAKE_PROFIT and not order.is_final
    }
    return {
        "timestamp": state.now.isoformat(),
        "long_positions": _side(run, Side.LONG, orders, history),
        "short_positions": _side(run, Side.SHORT, orders, history),
        "long_tp_order_id": exits.get(Side.LONG, ""),
        "short_tp_order_id": exits.get(Side.SHORT, ""),
    }


def _side(
    run: Run, side: Side, orders: Iterable[Order], history: LevelHistory
) -> list[dict[str, object]]:
    resting = {
        order.level: order
        for order in orders
        if order.side is side and order.purpose is Purpose.ENTRY and not order.is_final
    }
    rows: list[dict[str, object]] = []
    for level in run.grid.side(side).levels:
        order_id, executed = history.of(run.name, side, level.number)
        rows.append(
            {
                "quantity": float(level.quantity),
                "entry_price": float(level.average_price),
                "grid_level": level.number,
                "order_id": order_id,
                "executed": executed,
            }
        )
    filled = {row["grid_level"] for row in rows}
    rows += [_resting(order) for level, order in sorted(resting.items()) if level not in filled]
    return rows


def _resting(order: Order) -> dict[str, object]:
    return {
        "quantity": float(order.quantity),
        "entry_price": float(order.price) if order.price is not None else 0.0,
        "grid_level": order.level,
        "order_id": order.order_id,
        "created": order.created_at.isoformat(),
    }
