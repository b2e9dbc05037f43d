"""Rows of the transaction log to transfers: money that was neither won nor lost here. Pure.

Types by Bybit V5's enumeration of the unified account's log; what the venue gives away (bonus,
airdrop) is no result of trading either. A type that is not listed counts as a result.
"""

from datetime import datetime
from decimal import Decimal

from botrunner.domain.day import Transfer
from botrunner.exchanges.bybit import fields
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.errors import MessageError

TYPES = frozenset(
    {
        "TRANSFER_IN",
        "TRANSFER_OUT",
        "TRANSFER_IN_INS_LOAN",
        "TRANSFER_OUT_INS_LOAN",
        "BONUS_TRANSFER_IN",
        "BONUS_TRANSFER_OUT",
        "PEF_TRANSFER_IN",
        "PEF_TRANSFER_OUT",
        "PREMARKET_TRANSFER_OUT",
        "DEPOSIT",
        "WITHDRAW",
        "WITHDRAWAL",
        "AIRDROP",
        "BONUS",
        "BONUS_RECOLLECT",
    }
)
_SETTLEMENT_COIN = "USDT"


def is_transfer(row: Row) -> bool:
    """Whether a booking moved money in or out."""
    return fields.name(row, "type") in TYPES


def needs_price(row: Row) -> datetime | None:
    """Of a coin that is not USDT: the moment whose price it counts at."""
    if fields.name(row, "currency") == _SETTLEMENT_COIN:
        return None
    return fields.moment(row, "transactionTime")


def transfer(row: Row, price: Decimal) -> Transfer:
    """One transfer; ``price`` is the coin's, in USDT."""
    return Transfer(
        transfer_id=fields.name(row, "id"),
        amount=fields.decimal(row, "change") * price,
        at=fields.moment(row, "transactionTime"),
    )


def price_of(result: Row, coin: str) -> Decimal:
    """The closing price of a one-candle answer. Raises MessageError where there is no candle."""
    candles = fields.items(result, "list")
    if not candles or not isinstance(candles[0], list) or len(candles[0]) < 5:
        raise MessageError(f"list: no price of {coin}USDT")
    return fields.positive({"close": candles[0][4]}, "close")
