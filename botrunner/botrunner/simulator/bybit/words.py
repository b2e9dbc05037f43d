"""The venue's words in Bybit's spelling, and back."""

from collections.abc import Mapping
from decimal import Decimal

from botrunner.venue.vocabulary import (
    CancelType,
    CreateType,
    ExecutionType,
    MarginMode,
    OrderType,
    PositionMode,
    PriceKind,
    RejectReason,
    StopOrderType,
    TransactionType,
)

PRICE_KINDS: Mapping[PriceKind, str] = {
    PriceKind.LAST: "LastPrice",
    PriceKind.MARK: "MarkPrice",
    PriceKind.INDEX: "IndexPrice",
}
PRICE_KIND_OF: Mapping[str, PriceKind] = {word: kind for kind, word in PRICE_KINDS.items()}

CREATE_TYPES: Mapping[CreateType, str] = {
    CreateType.USER: "CreateByUser",
    CreateType.CLOSING: "CreateByClosing",
    CreateType.STOP_ORDER: "CreateByStopOrder",
    CreateType.TAKE_PROFIT: "CreateByTakeProfit",
    CreateType.STOP_LOSS: "CreateByStopLoss",
    CreateType.TRAILING_STOP: "CreateByTrailingStop",
    CreateType.LIQUIDATION: "CreateByLiq",
    CreateType.TAKEOVER: "CreateByTakeOver_PassThrough",
    CreateType.DELEVERAGING: "CreateByAdl_PassThrough",
}

CANCEL_TYPES: Mapping[CancelType, str] = {
    CancelType.NONE: "UNKNOWN",
    CancelType.USER: "CancelByUser",
    CancelType.SYSTEM: "UNKNOWN",
    CancelType.REDUCE_ONLY: "CancelByReduceOnly",
    CancelType.BEFORE_LIQUIDATION: "CancelAllBeforeLiq",
    CancelType.STOPS_CLEARED: "CancelByTpSlTsClear",
}

# EC_Others: the venue's list has no word for these; the cancel type tells them apart.
REJECT_REASONS: Mapping[RejectReason, str] = {
    RejectReason.NONE: "EC_NoError",
    RejectReason.POST_ONLY_WOULD_TAKE: "EC_PostOnlyWillTakeLiquidity",
    RejectReason.NO_IMMEDIATE_QUANTITY: "EC_NoImmediateQtyToFill",
    RejectReason.NO_FULL_FILL: "EC_NoEnoughQtyToFill",
    RejectReason.INSUFFICIENT_BALANCE: "EC_Others",
    RejectReason.REDUCE_ONLY: "EC_Others",
    RejectReason.RISK_LIMIT: "EC_Others",
    RejectReason.PRICE_BAND: "EC_ReachRiskPriceLimit",
    RejectReason.TOO_MANY_ORDERS: "EC_ReachMaxTradeNum",
    RejectReason.CANCELLED_BY_REQUEST: "EC_PerCancelRequest",
}

EXECUTION_TYPES: Mapping[ExecutionType, str] = {
    ExecutionType.TRADE: "Trade",
    ExecutionType.FUNDING: "Funding",
    ExecutionType.BUST_TRADE: "BustTrade",
    ExecutionType.ADL_TRADE: "AdlTrade",
}

TRANSACTION_TYPES: Mapping[TransactionType, str] = {
    TransactionType.TRANSFER_IN: "TRANSFER_IN",
    TransactionType.TRANSFER_OUT: "TRANSFER_OUT",
    TransactionType.TRADE: "TRADE",
    TransactionType.FUNDING: "SETTLEMENT",
    TransactionType.LIQUIDATION: "LIQUIDATION",
    TransactionType.ADL: "ADL",
    # The venue logs no such thing; it belongs to the liquidation it follows.
    TransactionType.INSURANCE: "LIQUIDATION",
}

MARGIN_MODES: Mapping[MarginMode, str] = {
    MarginMode.CROSS: "REGULAR_MARGIN",
    MarginMode.ISOLATED: "ISOLATED_MARGIN",
}
MARGIN_MODE_OF: Mapping[str, MarginMode] = {word: mode for mode, word in MARGIN_MODES.items()}

POSITION_MODE_OF: Mapping[int, PositionMode] = {0: PositionMode.ONE_WAY, 3: PositionMode.HEDGE}

UNKNOWN = "UNKNOWN"
CATEGORY = "linear"


def order_type_word(order_type: OrderType | None) -> str:
    """The order type; funding, which has none, is ``UNKNOWN``."""
    return UNKNOWN if order_type is None else str(order_type)


def create_type_word(create_type: CreateType | None) -> str:
    """The create type; funding, which has none, is empty."""
    return "" if create_type is None else CREATE_TYPES[create_type]


def stop_order_type_word(stop: StopOrderType) -> str:
    """What a triggered order is for, as a stream says it: ``UNKNOWN`` for a plain order."""
    return str(stop) or UNKNOWN


def position_side(size: Decimal) -> str:
    """Side of a signed size: ``""`` when flat."""
    if size == 0:
        return ""
    return "Buy" if size > 0 else "Sell"
