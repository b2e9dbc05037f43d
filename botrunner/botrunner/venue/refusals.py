"""What the venue says no to. A refusal is a value: nothing happened, and this is why."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class RefusalReason(StrEnum):
    """Why a command was refused, each with what ``Refusal.value`` and ``limit`` hold."""

    ACCOUNT_UNKNOWN = "AccountUnknown"
    ACCOUNT_EXISTS = "AccountExists"
    SYMBOL_UNKNOWN = "SymbolUnknown"
    NO_PRICE = "NoPrice"
    """The symbol never had a price."""
    NO_BOOK = "NoBook"
    """A change of a book that never had a snapshot."""
    AMOUNT_INVALID = "AmountInvalid"
    """Negative, nothing, or finer than 8 decimals. value: the amount."""
    WITHDRAWAL_TOO_LARGE = "WithdrawalTooLarge"
    """value: asked; limit: what can leave."""

    SIDE_INVALID = "SideInvalid"
    POSITION_IDX_MISMATCH = "PositionIdxMismatch"
    """The index does not belong to the symbol's position mode."""
    QUANTITY_INVALID = "QuantityInvalid"
    """Not positive, or not a multiple of the step. value: quantity; limit: the step."""
    QUANTITY_BELOW_MINIMUM = "QuantityBelowMinimum"
    """value: quantity; limit: the minimum."""
    QUANTITY_ABOVE_MAXIMUM = "QuantityAboveMaximum"
    """value: quantity; limit: the maximum."""
    PRICE_INVALID = "PriceInvalid"
    """Missing, not positive, off the tick, or a bad level of a book. value: price; limit: tick."""
    PRICE_OUT_OF_RANGE = "PriceOutOfRange"
    """Outside the contract's own range. value: price; limit: the bound."""
    PRICE_ABOVE_BAND = "PriceAboveBand"
    """A buy above the band, with auto-adjustment off. value: price; limit: highest buy."""
    PRICE_BELOW_BAND = "PriceBelowBand"
    """A sell below the band, with auto-adjustment off. value: price; limit: lowest sell."""
    NOTIONAL_BELOW_MINIMUM = "NotionalBelowMinimum"
    """value: quantity * price; limit: the minimum."""
    LINK_ID_DUPLICATE = "LinkIdDuplicate"
    TOO_MANY_ACTIVE_ORDERS = "TooManyActiveOrders"
    """limit: the cap of one account on one symbol."""
    TOO_MANY_CONDITIONAL_ORDERS = "TooManyConditionalOrders"
    """limit: the cap of one account on one symbol."""
    INSUFFICIENT_BALANCE = "InsufficientBalance"
    """value: margin the order needs; limit: margin that is available."""
    REDUCE_ONLY_NO_POSITION = "ReduceOnlyNoPosition"
    """Nothing there to reduce: flat."""
    REDUCE_ONLY_WRONG_SIDE = "ReduceOnlyWrongSide"
    """The order would add to the position."""
    REDUCE_ONLY_EXCEEDS_POSITION = "ReduceOnlyExceedsPosition"
    """Hedge mode with ``ExcessClose.REFUSE``. value: quantity; limit: position size."""
    LEVERAGE_ABOVE_TIER = "LeverageAboveTier"
    """value: leverage; limit: the most that the risk tier allows."""
    RISK_LIMIT_EXCEEDED = "RiskLimitExceeded"
    """value: position value with the order; limit: the last tier's."""

    TRIGGER_INVALID = "TriggerInvalid"
    """Price or direction missing, or price off the tick. value: trigger price."""
    TRIGGER_NOT_ABOVE = "TriggerNotAbove"
    """Direction rise, trigger at or below the price. value: trigger; limit: price."""
    TRIGGER_NOT_BELOW = "TriggerNotBelow"
    """Direction fall, trigger at or above the price. value: trigger; limit: price."""

    ORDER_NOT_FOUND = "OrderNotFound"
    """No open order of that id: never placed, or ended."""
    AMEND_UNCHANGED = "AmendUnchanged"
    AMEND_BELOW_FILLED = "AmendBelowFilled"
    """value: new quantity; limit: what is filled."""
    AMEND_NOT_ALLOWED = "AmendNotAllowed"
    """The field does not belong to this kind of order."""

    LEVERAGE_UNCHANGED = "LeverageUnchanged"
    LEVERAGE_INVALID = "LeverageInvalid"
    """Outside the contract's range or off its step. value: leverage; limit: the bound."""
    LEVERAGE_SIDES_DIFFER = "LeverageSidesDiffer"
    """Buy and sell may differ only in hedge mode with isolated margin."""
    POSITION_MODE_UNCHANGED = "PositionModeUnchanged"
    POSITION_EXISTS = "PositionExists"
    ORDERS_EXIST = "OrdersExist"
    MARGIN_MODE_UNCHANGED = "MarginModeUnchanged"

    STOPS_ZERO_POSITION = "StopsZeroPosition"
    STOPS_UNCHANGED = "StopsUnchanged"
    TAKE_PROFIT_WRONG_SIDE = "TakeProfitWrongSide"
    """value: take profit; limit: the price it is compared with."""
    STOP_LOSS_WRONG_SIDE = "StopLossWrongSide"
    """value: stop loss; limit: the price it is compared with."""
    STOPS_ON_CLOSE = "StopsOnClose"
    """A take profit or stop loss on an order that may only reduce."""
    TRAILING_INVALID = "TrailingInvalid"
    """Distance not positive or off the tick, or activation on the wrong side. value: it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command changed nothing. What the two numbers are stands at each reason."""

    reason: RefusalReason
    value: Decimal | None = None
    limit: Decimal | None = None
    field: str = ""
    """Name of the offending field of the command, when there is one."""
