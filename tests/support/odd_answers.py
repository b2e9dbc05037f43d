"""Facts that a venue should not tell, and one day does: unknown orders, repeats, wrong amounts.

Every value is one that a mapper lets through; what mappers refuse never reaches the engine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal as D

from hypothesis import strategies as st

from botrunner.domain import events as ev
from botrunner.domain.account import Wallet
from botrunner.domain.control import (
    AccountRead,
    Event,
    RateLimitReported,
    ReadFailed,
    ReadOrder,
    Setting,
    SettingApplied,
    SettingLost,
    SettingRefused,
    SymbolRead,
)
from botrunner.domain.ids import OrderIdentity, decode, encode
from botrunner.domain.position import Position
from botrunner.domain.side import Purpose, Side
from support.engine_drive import EPOCH, XRP, Drive

OTHER = "BTCUSDT"
MINUTE = timedelta(minutes=1)
MODE, GONE = ev.RefusalClass.POSITION_MODE, ev.RefusalClass.GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """What an odd fact is made of; which of it counts depends on the fact."""

    fact: str
    whose: str
    symbol: str
    side: Side
    reduces: bool
    purpose: Purpose
    quantity: D
    filled: D
    price: D
    late: timedelta
    """How old it is when it is told."""
    refusal: ev.RefusalClass
    number: int


def tell(drive: Drive, odd: Odd) -> None:
    """Let the engine hear of it."""
    at = drive.venue.now - odd.late
    drive.tell(FACTS[odd.fact](odd, order_id(drive, odd), at))


def order_id(drive: Drive, odd: Odd) -> str:
    """An id that is resting, over, of nobody we know, of another life or of other hands."""
    ids = [order.order_id for order in drive.venue.orders.values()]
    epoch = {"older": EPOCH - 1}.get(odd.whose, drive.epoch)
    strategy = "gone" if odd.whose == "retired" else "xrp"
    if odd.whose == "known" and ids:
        return ids[odd.number % len(ids)]
    if odd.whose == "foreign":
        return f"0f4c-{odd.number}"
    return encode(
        OrderIdentity(
            epoch=epoch,
            strategy=strategy,
            side=odd.side,
            purpose=odd.purpose,
            level=odd.number % 40,
            sequence=50_000 + odd.number,
        )
    )


def _opened(odd: Odd, order_id: str, at: datetime) -> Event:
    return ev.OrderOpened(
        order_id=order_id,
        at=at,
        symbol=odd.symbol,
        side=odd.side,
        reduces=odd.reduces,
        quantity=odd.quantity,
        price=odd.price,
        filled=odd.filled,
    )


def _filled(odd: Odd, order_id: str, at: datetime) -> Event:
    identity = decode(order_id)
    return ev.OrderFilled(
        order_id=order_id,
        execution_id=f"odd-{odd.number}",
        symbol=odd.symbol,
        side=identity.side if identity is not None else odd.side,
        reduces=identity.purpose.reduces if identity is not None else odd.reduces,
        quantity=odd.quantity or D(1),
        price=odd.price or D(1),
        fee=D("-0.1"),
        at=at,
    )


def _position(odd: Odd, order_id: str, at: datetime) -> Event:
    return ev.PositionChanged(position=_held(odd), at=at)


def _held(odd: Odd) -> Position:
    return Position(
        symbol=odd.symbol,
        side=odd.side,
        quantity=odd.quantity,
        average_price=(odd.price or D(1)) if odd.quantity else D(0),
        leverage=D(10),
    )


def _wallet_of(odd: Odd, at: datetime) -> Wallet:
    return Wallet(
        equity=odd.quantity,
        margin_balance=odd.quantity,
        available=-odd.filled,
        initial_margin=odd.filled,
        maintenance_margin=D(0),
        maintenance_margin_rate=D(0),
        unrealised_pnl=-odd.filled,
        at=at,
    )


def _read_order(odd: Odd, order_id: str, at: datetime) -> ReadOrder:
    return ReadOrder(
        order_id=order_id,
        symbol=odd.symbol,
        side=odd.side,
        reduces=odd.reduces,
        price=odd.price,
        quantity=odd.quantity,
        filled=odd.filled,
        is_open=odd.reduces,
        created_at=at,
    )


def _account(odd: Odd, order_id: str, at: datetime) -> Event:
    return AccountRead(
        token=odd.number,
        started_at=at,
        positions=(_held(odd),),
        open_orders=(_read_order(odd, order_id, at),),
        wallet=_wallet_of(odd, at),
        at=at,
    )


def _symbol(odd: Odd, order_id: str, at: datetime) -> Event:
    return SymbolRead(
        token=odd.number,
        symbol=odd.symbol,
        positions=(_held(odd),),
        open_orders=(_read_order(odd, order_id, at),),
        orders=(_read_order(odd, order_id, at),),
        fills=(),
        funding=(),
        at=at,
    )


FACTS: dict[str, Callable[[Odd, str, datetime], Event]] = {
    "opened": _opened,
    "filled": _filled,
    "position": _position,
    "account": _account,
    "symbol": _symbol,
    "wallet": lambda odd, order_id, at: ev.WalletChanged(wallet=_wallet_of(odd, at)),
    "accepted": lambda odd, order_id, at: ev.OrderAccepted(order_id=order_id, at=at),
    "rejected": lambda odd, order_id, at: ev.OrderRejected(
        order_id=order_id, at=at, refusal=odd.refusal, message="odd"
    ),
    "denied": lambda odd, order_id, at: ev.OrderDenied(order_id=order_id, at=at, reason="odd"),
    "unknown": lambda odd, order_id, at: ev.OrderOutcomeUnknown(order_id=order_id, at=at),
    "completed": lambda odd, order_id, at: ev.OrderCompleted(
        order_id=order_id, at=at, filled=odd.filled
    ),
    "cancelled": lambda odd, order_id, at: ev.OrderCancelled(
        order_id=order_id, at=at, filled=odd.filled
    ),
    "notFound": lambda odd, order_id, at: ev.OrderNotFound(order_id=order_id, at=at),
    "amendAccepted": lambda odd, order_id, at: ev.AmendAccepted(order_id=order_id, at=at),
    "amendRejected": lambda odd, order_id, at: ev.AmendRejected(
        order_id=order_id, at=at, refusal=odd.refusal, message="odd"
    ),
    "amendUnknown": lambda odd, order_id, at: ev.AmendOutcomeUnknown(order_id=order_id, at=at),
    "cancelAccepted": lambda odd, order_id, at: ev.CancelAccepted(order_id=order_id, at=at),
    "cancelRejected": lambda odd, order_id, at: ev.CancelRejected(
        order_id=order_id, at=at, refusal=odd.refusal, message="odd"
    ),
    "cancelUnknown": lambda odd, order_id, at: ev.CancelOutcomeUnknown(order_id=order_id, at=at),
    "funding": lambda odd, order_id, at: ev.FundingSettled(
        symbol=odd.symbol, side=odd.side, paid=-odd.price, execution_id=f"f{odd.number}", at=at
    ),
    "readFailed": lambda odd, order_id, at: ReadFailed(token=odd.number, message="odd", at=at),
    "limit": lambda odd, order_id, at: RateLimitReported(
        group=odd.fact, remaining=odd.number, at=at
    ),
    "settingApplied": lambda odd, order_id, at: SettingApplied(
        symbol=odd.symbol, setting=Setting.LEVERAGE, value=D(10), at=at
    ),
    "settingRefused": lambda odd, order_id, at: SettingRefused(
        symbol=odd.symbol, setting=Setting.HEDGE_MODE, message="odd", at=at
    ),
    "settingLost": lambda odd, order_id, at: SettingLost(
        setting=Setting.CROSS_MARGIN, message="odd", at=at
    ),
}

_amounts = st.sampled_from([D(0), D(1), D(75), D(150), D("0.5"), D(1_000_000)])

odd_facts = st.builds(
    Odd,
    fact=st.sampled_from(sorted(FACTS)),
    whose=st.sampled_from(["known", "known", "unknown", "older", "retired", "foreign"]),
    symbol=st.sampled_from([XRP, XRP, XRP, OTHER]),
    side=st.sampled_from(Side),
    reduces=st.booleans(),
    purpose=st.sampled_from(Purpose),
    quantity=_amounts,
    filled=_amounts,
    price=st.sampled_from([D(0), D("0.0001"), D("0.99"), D(1), D(5_000)]),
    late=st.sampled_from([timedelta(0), timedelta(seconds=3), 10 * MINUTE]),
    refusal=st.sampled_from(ev.RefusalClass),
    number=st.integers(min_value=1, max_value=12),
)
