"""Messages of the private stream to domain events. Pure.

Rows of other kinds of contracts, spot say, are somebody else's and give no event.
"""

from datetime import datetime

from botrunner.domain.control import Event
from botrunner.domain.events import PositionChanged, WalletChanged
from botrunner.exchanges.bybit import fields, mapper_account, mapper_orders
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.bybit.known_orders import KnownOrders
from botrunner.exchanges.errors import MessageError, NotApplicableError


def events_of(frame: Row, known: KnownOrders) -> tuple[Event, ...]:
    """All events of one message, or MessageError; then ``known`` is as it was."""
    topic = fields.name(frame, "topic")
    rows = [row for row in fields.rows(frame, "data") if mapper_orders.is_linear(row)]
    match topic:
        case "order":
            return mapper_orders.order_events(rows, known)
        case "execution":
            return mapper_orders.execution_events(rows, known)
        case "position":
            return _position_events(rows)
        case "wallet":
            at = fields.moment(frame, "creationTime")
            return _wallet_events(rows, at)
        case _:
            raise MessageError(f"topic: {topic!r} was not asked for")


def _wallet_events(rows: list[Row], at: datetime) -> tuple[WalletChanged, ...]:
    try:
        return tuple(WalletChanged(wallet=mapper_account.wallet(row, at)) for row in rows)
    except NotApplicableError:
        # Without a wallet nothing is opened; cross margin is set before anything is.
        return ()


def _position_events(rows: list[Row]) -> tuple[PositionChanged, ...]:
    return tuple(
        PositionChanged(position=position, at=fields.moment(row, "updatedTime"))
        for row in rows
        for position in mapper_account.positions(row)
    )
