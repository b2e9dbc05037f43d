"""What the control API tells."""

from collections.abc import Iterable, Mapping

from botrunner.simulator.bybit.auth import uid_of
from botrunner.simulator.bybit.wire import Json, Row
from botrunner.simulator.control.act import ControlError, Controls
from botrunner.simulator.control.commands import COMMANDS, READS
from botrunner.simulator.control.plain import plain
from botrunner.simulator.request_log import RequestLog, RequestRecord

_PAGE = 10_000


def describe() -> Row:
    """Every command with its fields, and everything that can be read."""
    described: dict[str, Json] = {}
    for name, model in COMMANDS.items():
        fields: dict[str, Json] = {}
        for field_name, field in model.model_fields.items():
            need = "required" if field.is_required() else f"default {field.default!s}"
            fields[field.alias or field_name] = f"{need}. {field.description or ''}".strip()
        described[f"POST /{name}"] = {"does": " ".join((model.__doc__ or "").split()), **fields}
    reads: dict[str, Json] = {f"GET /{path}": text for path, text in READS.items()}
    return {"read": reads, "commands": described}


def state(controls: Controls) -> Row:
    """Time, prices, accounts, connections and the faults that wait."""
    exchange = controls.exchange
    prices: dict[str, Json] = {
        symbol: plain(exchange.venue.prices(symbol)) for symbol in exchange.instruments
    }
    connections: list[Json] = [
        {
            "id": line.connection.name,
            "stream": line.connection.kind,
            "account": line.connection.account,
            "topics": [*line.connection.topics],
            "frozen": line.connection.outbox.frozen,
        }
        for line in controls.streams.lines()
    ]
    return {
        "now": exchange.now().isoformat(),
        "paused": controls.driver.paused,
        "speed": plain(controls.driver.speed),
        "prices": prices,
        "accounts": {name: uid_of(name) for name in exchange.account_names},
        "connections": connections,
        "faults": [plain(fault) for fault in controls.faults],
    }


def ledger(controls: Controls, query: Mapping[str, str]) -> Row:
    """One account as the venue keeps it, exact; raises ControlError for an unknown one."""
    name = query.get("account", "")
    venue = controls.exchange.venue
    if not venue.has_account(name):
        known = ", ".join(controls.exchange.account_names) or "none yet"
        raise ControlError(f"account: there is no {name!r}; open are {known}")
    return {
        "account": plain(venue.account(name)),
        "uid": uid_of(name),
        "wallet": plain(venue.wallet(name)),
        "symbols": [
            plain(venue.symbol_settings(name, symbol)) for symbol in controls.exchange.instruments
        ],
        "positions": [plain(position) for position in venue.positions(name)],
        "openOrders": [plain(order) for order in venue.open_orders(name)],
        "closedOrders": [plain(order) for order in venue.closed_orders(name)],
        "executions": [plain(execution) for execution in venue.executions(name)],
        "closedPnl": [plain(record) for record in venue.closed_pnl(name)],
        "transactions": [plain(record) for record in venue.transactions(name)],
    }


def conservation(controls: Controls) -> Row:
    """Where all the money is."""
    books = controls.exchange.venue.conservation()
    row = plain(books)
    return {"difference": plain(books.difference)} | (row if isinstance(row, dict) else {})


def requests(log: RequestLog, query: Mapping[str, str]) -> Row:
    """The request log, filtered; raises ControlError for a wrong number."""
    after, limit = _whole(query, "after", 0), _whole(query, "limit", _PAGE)
    chosen = [record.row() for record in log if record.number > after and _wanted(record, query)]
    return {"count": log.count, "requests": [*chosen[:limit]]}


def _wanted(record: RequestRecord, query: Mapping[str, str]) -> bool:
    asked: Iterable[tuple[str, str]] = (
        ("account", record.account),
        ("path", record.path),
        ("method", record.method),
    )
    return all(query.get(name, value) == value for name, value in asked)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, "") or str(default)
    if not value.isascii() or not value.isdigit():
        raise ControlError(f"{name}: {value!r} is not a whole number")
    return int(value)
