"""Accounts as tables and as JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from botrunner.cli.fleet_options import heading, plain_table
from botrunner.fleet.raw_object import text_at, value_at
from botrunner.fleet.view import NOT_KNOWN, AccountView, StopView

_POSITION_COLUMNS = {
    "STRATEGY": "strategy",
    "SYMBOL": "symbol",
    "SIDE": "side",
    "QUANTITY": "quantity",
    "ENTRY": "entryPrice",
    "MARK": "markPrice",
    "PNL": "unrealisedPnl",
    "TAKE-PROFIT": "takeProfitPrice",
}


def overview(views: Sequence[AccountView], *, with_namespace: bool) -> Any:
    """One row an account."""
    columns = ["NAME", "EXCHANGE", "ENV", "MODE", "READY", "PHASE", "MM RATE", "EQUITY"]
    columns += ["PNL (DAY)", "POSITIONS", "STOP"]
    place = ["NAMESPACE"] if with_namespace else []
    rows = ([view.key.namespace] * with_namespace + _row(view) for view in views)
    return plain_table([*place, *columns], rows)


def detail(view: AccountView) -> Iterator[Any]:
    """One account in full: what is not well first."""
    yield plain_table(("ACCOUNT", str(view.key)), _facts(view))
    if view.stop is not None:
        yield heading("Stopped")
        yield plain_table(("", ""), _stop_facts(view.stop))
    if view.conditions:
        yield heading("Not well")
        yield plain_table(
            ("CONDITION", "STATUS", "REASON", "MESSAGE"),
            ((c.type, c.status, c.reason, c.message) for c in view.conditions),
        )
    if view.positions:
        yield heading("Positions")
        yield plain_table(
            _POSITION_COLUMNS,
            ([text_at(p, name) for name in _POSITION_COLUMNS.values()] for p in view.positions),
        )
    if view.strategies:
        yield heading("Strategies")
        columns = ("NAME", "STATE", "REASON", "LONG", "SHORT", "HOLD", "MESSAGE")
        yield plain_table(columns, map(_strategy, view.strategies))


def as_json(views: Iterable[AccountView]) -> str:
    """All of it for a program; empty texts are what nobody has reported."""
    return json.dumps({"accounts": [_as_json(view) for view in views]}, indent=2)


def stop_in_a_word(stop: StopView | None) -> str:
    """What holds, for a column."""
    if stop is None:
        return ""
    if not stop.is_reported:
        return "asked for"
    latched = " latched" if stop.latched else ""
    return f"{stop.cause}{latched}{'' if stop.complete else ', in progress'}"


def _row(view: AccountView) -> list[str]:
    return [
        view.key.name,
        view.exchange,
        view.environment,
        view.mode,
        view.ready,
        view.phase,
        view.margin_rate_percent,
        view.equity,
        view.day_pnl,
        str(view.open_positions),
        stop_in_a_word(view.stop),
    ]


def _facts(view: AccountView) -> Iterator[tuple[str, str]]:
    yield "Exchange", f"{view.exchange} {view.environment}, mode {view.mode}"
    yield "Ready", f"{view.ready}  {view.message}".rstrip()
    yield "Phase", view.phase
    money = f"{view.equity} USDT, {view.available} available, {view.day_pnl} today"
    yield "Equity", money if view.equity else NOT_KNOWN
    yield "MM Rate", f"{view.margin_rate_percent} %" if view.margin_rate_percent else NOT_KNOWN
    yield "Open", f"{view.open_positions} positions, {view.open_orders} orders"
    yield "Runner", f"{view.pod}, last report {view.last_report}" if view.last_report else "none"


def _stop_facts(stop: StopView) -> Iterator[tuple[str, str]]:
    if stop.is_reported:
        latched = "latched: ends only by its acknowledgement" if stop.latched else "not latched"
        yield "Cause", f"{stop.cause}: {stop.reason} ({latched})"
        done = "carried out" if stop.complete else "not carried out yet"
        yield "Policy", f"{stop.policy}, {done}"
        yield "Since", stop.since
        yield "Id", stop.id
    else:
        yield "Runner", "has not reported it yet; it holds from its first request on"
    if stop.switches:
        yield "Set", ", ".join(stop.switches)
    yield "To end it", stop.ends


def _strategy(strategy: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        text_at(strategy, "name"),
        text_at(strategy, "state"),
        text_at(strategy, "reason"),
        _levels(value_at(strategy, "levels", "long")),
        _levels(value_at(strategy, "levels", "short")),
        text_at(strategy, "hold", "id"),
        text_at(strategy, "message"),
    )


def _levels(side: Any) -> str:
    if side is None:
        return ""
    return f"{_up_to('filled', side)}, {_up_to('resting', side)}"


def _up_to(word: str, side: Any) -> str:
    """Level numbers begin with 0; -1 stands for none."""
    highest = value_at(side, word)
    if not isinstance(highest, int):
        return f"{word} {NOT_KNOWN}"
    return f"{word} to level {highest}" if highest >= 0 else f"none {word}"


def _as_json(view: AccountView) -> dict[str, Any]:
    key = {"namespace": view.key.namespace, "name": view.key.name}
    return {_camel(name): value for name, value in (key | _fields(view)).items()}


def _fields(view: AccountView) -> dict[str, Any]:
    stop = None if view.stop is None else {_camel(k): v for k, v in asdict(view.stop).items()}
    plain = {
        name: getattr(view, name)
        for name in AccountView.__dataclass_fields__
        if name not in ("key", "stop", "conditions", "positions", "strategies")
    }
    return plain | {
        "stop": stop,
        "conditions": [asdict(condition) for condition in view.conditions],
        "positions": [dict(position) for position in view.positions],
        "strategies": [dict(strategy) for strategy in view.strategies],
    }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
