"""The calm screen of `tradefleet run`: accounts, their grids, and the last few notices."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from botapi.v1alpha1.status import AccountStatus, StrategyReport

if TYPE_CHECKING:
    from botrunner.cli.run_accounts import Fleet

_NOTICES = 8
_LOUD = frozenset({"warning", "error", "critical"})
_STYLES = {"warning": "yellow", "error": "red", "critical": "bold red"}


class LiveView:
    """Redrawn once a second from a thread of its own; reads reports, never engines."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._notices: deque[Text] = deque(maxlen=_NOTICES)
        self._lock = threading.Lock()
        self._fleet: Fleet | None = None
        self._live: Live | None = None

    def hear(self, record: Mapping[str, object]) -> None:
        """One record of the log: kept when a person should see it."""
        severity = str(record.get("severity", ""))
        if severity not in _LOUD and record.get("event") != "fill":
            return
        with self._lock:
            style = _STYLES.get(severity, "")
            self._notices.append(Text(notice(record), style=style, overflow="ellipsis"))

    def begin(self, fleet: "Fleet") -> None:
        """Show the fleet from now on; without a terminal, notices alone at the end."""
        self._fleet = fleet
        self._live = Live(get_renderable=self.render, console=self._console, refresh_per_second=1)
        self._live.start(refresh=True)

    def end(self) -> None:
        """Leave the last picture on the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def render(self) -> Group:
        """The screen as it is now."""
        with self._lock:
            notices = list(self._notices)
        statuses = dict(self._statuses())
        return Group(_accounts(statuses), _grids(statuses), *notices)

    def _statuses(self) -> Iterator[tuple[str, AccountStatus | None]]:
        for supervisor in self._fleet.supervisors if self._fleet is not None else ():
            yield supervisor.name, supervisor.status


def notice(record: Mapping[str, object]) -> str:
    """A record of the log as one line for people."""
    time = str(record.get("at", ""))[11:19]
    if record.get("event") == "fill":
        return f"{time} {record.get('account')} {_fill(record)}"
    hidden = {"at", "severity", "account", "event", "stack"}
    words = " ".join(
        f"{name}={value}" for name, value in record.items() if name not in hidden and value != ""
    )
    return f"{time} {record.get('account')} {record.get('event')} {words}"


def _fill(record: Mapping[str, object]) -> str:
    did = "closed" if record.get("reduces") else "opened"
    words = f"{did} {record.get('side')} {record.get('quantity')} {record.get('symbol')}"
    gained = f", gained {record.get('realised')}" if record.get("reduces") else ""
    return f"{words} at {record.get('price')}, fee {record.get('fee')}{gained}"


def _accounts(statuses: Mapping[str, AccountStatus | None]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    columns = ("account", "state", "equity", "day P&L", "MM rate %", "positions", "orders")
    for column in columns:
        left = column in ("account", "state")
        table.add_column(column, justify="left" if left else "right", no_wrap=True)
    for name, status in statuses.items():
        table.add_row(name, *_account_cells(status))
    return table


def _account_cells(status: AccountStatus | None) -> tuple[str, ...]:
    if status is None or status.account is None:
        return ("starting", "", "", "", "", "")
    account = status.account
    return (
        _state(status),
        _number(account.equity, 2),
        _number(account.day_pnl, 2),
        _number(account.maintenance_margin_rate, 2),
        str(account.positions if account.positions is not None else ""),
        str(status.open_orders if status.open_orders is not None else ""),
    )


def _state(status: AccountStatus) -> str:
    if status.emergency is not None:
        done = "done" if status.emergency.complete else "under way"
        return f"STOPPED {status.emergency.cause} ({status.emergency.policy}, {done})"
    enabled = status.condition("TradingEnabled")
    if enabled is not None and enabled.status.value != "True":
        return enabled.reason
    return status.strategy_summary or ""


def _grids(statuses: Mapping[str, AccountStatus | None]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("grid", "state", "side"):
        table.add_column(column, no_wrap=True)
    for column in ("filled", "rests", "size", "entry", "exit"):
        table.add_column(column, justify="right", no_wrap=True)
    for name, status in statuses.items():
        for strategy in status.strategies if status is not None else ():
            for side in ("long", "short"):
                table.add_row(f"{name}/{strategy.name}", *_side_cells(status, strategy, side))
    return table


def _side_cells(
    status: AccountStatus | None, strategy: StrategyReport, side: str
) -> tuple[str, ...]:
    levels = getattr(strategy.levels, side, None)
    depth = [_level(levels.filled), _level(levels.resting)] if levels is not None else ["", ""]
    standing = f"{strategy.state} {strategy.reason}".strip()
    for position in status.positions if status is not None else ():
        if position.strategy == strategy.name and position.side.value == side:
            taken = position.take_profit_price
            return (
                standing,
                side,
                *depth,
                _number(position.quantity),
                _short(position.entry_price),
                _number(taken) if taken is not None else "missing",
            )
    return (standing, side, *depth, "", "", "")


def _level(number: int) -> str:
    return "" if number < 0 else str(number)


def _short(value: Decimal | None) -> str:
    """At most six decimals, without zeros at the end."""
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def _number(value: object, places: int | None = None) -> str:
    if value is None:
        return ""
    return f"{value:f}" if places is None else f"{value:.{places}f}"
