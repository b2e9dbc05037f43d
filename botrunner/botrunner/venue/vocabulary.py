"""The words of the venue: sides, order types, states and why things happened.

Rule: words of the field, not of one exchange; a server translates them to its wire's spelling.
"""

from enum import IntEnum, StrEnum


class Side(StrEnum):
    """Side of an order or an execution."""

    BUY = "Buy"
    SELL = "Sell"


class PositionIdx(IntEnum):
    """Which position of a symbol is meant: the one-way one, or a side in hedge mode."""

    NET = 0
    LONG = 1
    SHORT = 2


class PositionMode(StrEnum):
    """One position a symbol, or a long and a short beside each other."""

    ONE_WAY = "OneWay"
    HEDGE = "Hedge"


class MarginMode(StrEnum):
    """What stands behind a position: the whole account, or the position's own margin."""

    CROSS = "Cross"
    ISOLATED = "Isolated"


class OrderType(StrEnum):
    """A market order is an IOC limit order at the price band."""

    LIMIT = "Limit"
    MARKET = "Market"


class TimeInForce(StrEnum):
    """How long an order works."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "PostOnly"


class PriceKind(StrEnum):
    """The price that pulls a trigger."""

    LAST = "Last"
    MARK = "Mark"
    INDEX = "Index"


class TriggerDirection(IntEnum):
    """The move that pulls a trigger."""

    RISE = 1
    FALL = 2


class StopOrderType(StrEnum):
    """What a triggered order is for; NONE for an order that never had a trigger."""

    NONE = ""
    STOP = "Stop"
    TAKE_PROFIT = "TakeProfit"
    STOP_LOSS = "StopLoss"
    TRAILING_STOP = "TrailingStop"


class OrderStatus(StrEnum):
    """Where an order is in its life; ``order_life`` has the table."""

    NEW = "New"
    PARTIALLY_FILLED = "PartiallyFilled"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    """Ended with a remainder; fills may have happened before."""
    REJECTED = "Rejected"
    UNTRIGGERED = "Untriggered"
    TRIGGERED = "Triggered"
    """Passing: the order's next state follows in the same outcome."""
    DEACTIVATED = "Deactivated"
    """Ended before its trigger was pulled."""


OPEN_STATUSES = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.UNTRIGGERED})


class CreateType(StrEnum):
    """Who made an order."""

    USER = "User"
    CLOSING = "Closing"
    """The user, to close a position whole."""
    STOP_ORDER = "StopOrder"
    """A conditional order of the user, after its trigger."""
    TAKE_PROFIT = "TakeProfit"
    STOP_LOSS = "StopLoss"
    TRAILING_STOP = "TrailingStop"
    LIQUIDATION = "Liquidation"
    """A partial reduction by the venue."""
    TAKEOVER = "Takeover"
    """The venue takes the position at its bankruptcy price."""
    DELEVERAGING = "Deleveraging"


class CancelType(StrEnum):
    """Who ended an order that was not filled; NONE while it lives or when it was filled."""

    NONE = ""
    USER = "User"
    SYSTEM = "System"
    """Time in force, or a check at the trigger: the reject reason says which."""
    REDUCE_ONLY = "ReduceOnly"
    BEFORE_LIQUIDATION = "BeforeLiquidation"
    STOPS_CLEARED = "StopsCleared"
    """The position that a stop belonged to is gone, or the stop was removed."""


class RejectReason(StrEnum):
    """Why an accepted order ended without (or before) being filled."""

    NONE = ""
    POST_ONLY_WOULD_TAKE = "PostOnlyWouldTake"
    NO_IMMEDIATE_QUANTITY = "NoImmediateQuantity"
    NO_FULL_FILL = "NoFullFill"
    INSUFFICIENT_BALANCE = "InsufficientBalance"
    REDUCE_ONLY = "ReduceOnly"
    RISK_LIMIT = "RiskLimit"
    PRICE_BAND = "PriceBand"
    """Outside the band at its trigger, with auto-adjustment off."""
    TOO_MANY_ORDERS = "TooManyOrders"
    CANCELLED_BY_REQUEST = "CancelledByRequest"


class ExecutionType(StrEnum):
    """What an execution is."""

    TRADE = "Trade"
    FUNDING = "Funding"
    BUST_TRADE = "BustTrade"
    """Takeover at the bankruptcy price."""
    ADL_TRADE = "AdlTrade"
    """Auto-deleveraging."""


class TransactionType(StrEnum):
    """What moved money in an account."""

    TRANSFER_IN = "TransferIn"
    TRANSFER_OUT = "TransferOut"
    TRADE = "Trade"
    FUNDING = "Funding"
    LIQUIDATION = "Liquidation"
    ADL = "Adl"
    INSURANCE = "Insurance"
    """The insurance fund made up for a balance below 0 after a liquidation."""


class OrderFilter(StrEnum):
    """Which orders a cancel-all means."""

    ALL = "All"
    ACTIVE = "Active"
    """Orders in the book, not the untriggered ones."""
    CONDITIONAL = "Conditional"
    """Untriggered orders, stops of positions included."""
    USER_CONDITIONAL = "UserConditional"
    """Untriggered orders without the stops of positions."""
