"""Rows of positions, wallets and keys to domain values. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from botrunner.domain.account import Wallet
from botrunner.domain.position import Position
from botrunner.domain.side import Side
from botrunner.exchanges.bybit import fields
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.errors import MessageError, NotApplicableError
from botrunner.exchanges.port import KeyInformation

_SIDE_OF_INDEX = {1: Side.LONG, 2: Side.SHORT}
_SIDE_OF_ONE_WAY = {"Buy": Side.LONG, "Sell": Side.SHORT}
_NEVER = "1970-01-01T00:00:00Z"
_FOREVER = "9999-12-31T00:00:00Z"


def positions(row: Row) -> tuple[Position, ...]:
    """One row: one side of a hedge, or both sides of a symbol in one-way mode.

    Streams name the average ``entryPrice``, REST names it ``avgPrice``.
    """
    symbol = fields.name(row, "symbol")
    quantity = fields.not_negative(row, "size")
    price_field = "entryPrice" if "entryPrice" in row else "avgPrice"
    average = fields.decimal_or_zero(row, price_field)
    if quantity > 0 and average <= 0:
        raise MessageError(f"{price_field}: {average} of a position of {quantity}")
    leverage = fields.positive(row, "leverage")
    held = _held_side(row, quantity)
    sides = (held,) if fields.integer(row, "positionIdx") else (Side.LONG, Side.SHORT)
    return tuple(
        Position(
            symbol=symbol,
            side=side,
            quantity=quantity if side is held else Decimal(0),
            average_price=average if side is held else Decimal(0),
            leverage=leverage,
        )
        for side in sides
    )


def marks(rows: Iterable[Row]) -> dict[str, Decimal]:
    """Mark prices by symbol; a row without one, as of a side that is flat, says nothing."""
    return {
        fields.name(row, "symbol"): fields.positive(row, "markPrice")
        for row in rows
        if row.get("markPrice") not in (None, "", "0")
    }


def wallet(row: Row, at: datetime) -> Wallet:
    """A unified account under cross margin, in USD(T).

    Under isolated margin the venue leaves the account's fields empty; that raises
    NotApplicableError, for no value is made up.
    """
    if row.get("totalAvailableBalance") == "":
        raise NotApplicableError("totalAvailableBalance: empty, as under isolated margin")
    profit = "totalPerpUPL" if "totalPerpUPL" in row else "totalPerpUpl"
    return Wallet(
        equity=fields.decimal(row, "totalEquity"),
        margin_balance=fields.decimal(row, "totalMarginBalance"),
        available=fields.decimal(row, "totalAvailableBalance"),
        initial_margin=fields.not_negative(row, "totalInitialMargin"),
        maintenance_margin=fields.not_negative(row, "totalMaintenanceMargin"),
        maintenance_margin_rate=fields.not_negative(row, "accountMMRate"),
        unrealised_pnl=fields.decimal(row, profit),
        at=at,
    )


def key_information(row: Row) -> KeyInformation:
    """The answer of query-api. A key for contracts holds Order and Position of ContractTrade."""
    permissions = fields.part(row, "permissions")
    contracts = _granted(permissions, "ContractTrade")
    granted = {name for group in permissions for name in _granted(permissions, group)}
    return KeyInformation(
        uid=str(fields.integer(row, "userID")),
        is_read_only=fields.integer(row, "readOnly") != 0,
        may_place_orders="Order" in contracts,
        may_change_positions="Position" in contracts,
        may_withdraw=any(name.startswith("Withdraw") for name in granted),
        expires_at=_expiry(fields.text_or_empty(row, "expiredAt")),
    )


def _held_side(row: Row, quantity: Decimal) -> Side:
    index = fields.integer(row, "positionIdx")
    if index in _SIDE_OF_INDEX:
        return _SIDE_OF_INDEX[index]
    if index != 0:
        raise MessageError(f"positionIdx: {index} is neither 0, 1 nor 2")
    side = fields.text(row, "side")
    if side in _SIDE_OF_ONE_WAY:
        return _SIDE_OF_ONE_WAY[side]
    if side or quantity:
        raise MessageError(f"side: {side!r} of a position of {quantity}")
    return Side.LONG


def _granted(permissions: Row, group: str) -> list[str]:
    return [name for name in fields.items(permissions, group) if isinstance(name, str)]


def _expiry(text: str) -> datetime | None:
    if text in ("", _NEVER, _FOREVER):
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise MessageError(f"expiredAt: {text!r} is not a time") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
