"""The private streams: what happens to an account, told to its own connections.

Order and execution frames of one match leave together, with one time T and one sequence number;
position and wallet follow, printed T + 1 ms. After a mere resting, amended or cancelled order they
leave about 6 ms later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from botrunner.simulator.bybit.account import wallet_push
from botrunner.simulator.bybit.auth import uid_of
from botrunner.simulator.bybit.executions import execution_fast_push, execution_push
from botrunner.simulator.bybit.orders import order_push
from botrunner.simulator.bybit.positions import position_push
from botrunner.simulator.bybit.topics import private_kind
from botrunner.simulator.bybit.wire import Json, Row, milliseconds
from botrunner.simulator.encode import encoded
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.streams.outbox import Outbox
from botrunner.venue.events import Executed, OrderChanged, Outcome, PositionChanged, WalletChanged
from botrunner.venue.records import Execution, OrderSnapshot

AFTER_MATCH_SECONDS = 0.001
AFTER_RESTING_SECONDS = 0.006


@dataclass(slots=True)
class _Match:
    """Orders and executions of one sequence number of one symbol."""

    symbol: str
    seq: int
    orders: list[OrderSnapshot] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)


@dataclass(slots=True)
class _News:
    """What one outcome has for one account."""

    matches: dict[tuple[str, int], _Match] = field(default_factory=dict)
    positions: list[PositionChanged] = field(default_factory=list)
    wallet: bool = False

    def match(self, symbol: str, seq: int) -> _Match:
        return self.matches.setdefault((symbol, seq), _Match(symbol, seq))


class PrivateFeed:
    """Who listens to which account, and what they are told."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._listeners: dict[str, dict[str, dict[Outbox, None]]] = {}
        """Account, topic, listeners."""
        exchange.listen(self._hear)

    def serves(self, name: str) -> bool:
        """Whether there is such a topic."""
        return private_kind(name) is not None

    def join(self, account: str, name: str, outbox: Outbox) -> None:
        """Listen to an account from now on; nothing is sent to begin with, as on the venue."""
        self._listeners.setdefault(account, {}).setdefault(name, {})[outbox] = None

    def leave(self, account: str, name: str, outbox: Outbox) -> None:
        """Listen no more."""
        topics = self._listeners.get(account, {})
        topics.get(name, {}).pop(outbox, None)
        if not topics.get(name):
            topics.pop(name, None)
        if not topics:
            self._listeners.pop(account, None)

    def _hear(self, outcome: Outcome, at: datetime) -> None:
        if not self._listeners:
            return
        for account, news in self._sorted(outcome).items():
            self._tell(account, news, milliseconds(at))

    def _sorted(self, outcome: Outcome) -> dict[str, _News]:
        news: dict[str, _News] = {}
        for event in outcome.events:
            match event:
                case OrderChanged(order=order) if order.account in self._listeners:
                    entry = news.setdefault(order.account, _News())
                    entry.match(order.symbol, order.seq).orders.append(order)
                case Executed(execution=execution) if execution.account in self._listeners:
                    entry = news.setdefault(execution.account, _News())
                    entry.match(execution.symbol, execution.seq).executions.append(execution)
                case PositionChanged(account=account) if account in self._listeners:
                    news.setdefault(account, _News()).positions.append(event)
                case WalletChanged(account=account) if account in self._listeners:
                    news.setdefault(account, _News()).wallet = True
                case _:
                    pass
        return news

    def _tell(self, account: str, news: _News, at_ms: int) -> None:
        uid = uid_of(account)
        executed = False
        for match in news.matches.values():
            executed = executed or bool(match.executions)
            self._tell_match(account, match, f"{uid}_{match.symbol}_{match.seq}", at_ms)
        delay = AFTER_MATCH_SECONDS if executed else AFTER_RESTING_SECONDS
        after_ms = at_ms + 1
        positions = [self._position_row(event) for event in news.positions]
        self._send(account, "position", f"{uid}_position_{after_ms}", after_ms, positions, delay)
        if news.wallet:
            wallet = [wallet_push(self._exchange.venue.wallet(account))]
            self._send(account, "wallet", f"{uid}_wallet_{after_ms}", after_ms, wallet, delay)

    def _tell_match(self, account: str, match: _Match, frame: str, at_ms: int) -> None:
        instrument = self._exchange.instruments[match.symbol]
        orders = [order_push(order, instrument) for order in match.orders]
        fills = [execution_push(execution, instrument) for execution in match.executions]
        fast = [execution_fast_push(execution, instrument) for execution in match.executions]
        self._send(account, "execution", frame, at_ms, fills)
        self._send(account, "execution.fast", None, at_ms, [row for row in fast if row])
        self._send(account, "order", frame, at_ms, orders)

    def _position_row(self, event: PositionChanged) -> Row:
        venue = self._exchange.venue
        position = venue.position(event.account, event.symbol, event.position_idx)
        return position_push(position, self._exchange.instruments[event.symbol])

    def _send(
        self,
        account: str,
        kind: str,
        frame: str | None,
        at_ms: int,
        rows: Sequence[Row],
        delay: float = 0.0,
    ) -> None:
        if not rows:
            return
        for name, outboxes in self._listeners.get(account, {}).items():
            if private_kind(name) == kind:
                payload = encoded(_frame(name, frame, at_ms, rows))
                _put(outboxes, name, payload, delay)


def _put(outboxes: Iterable[Outbox], name: str, payload: bytes, delay: float) -> None:
    for outbox in outboxes:
        outbox.put(name, payload, delay)


def _frame(topic: str, identity: str | None, at_ms: int, rows: Sequence[Row]) -> Row:
    data: list[Json] = [*rows]
    frame: Row = {"topic": topic, "creationTime": at_ms, "data": data}
    if identity is not None:
        frame["id"] = identity
    return frame
