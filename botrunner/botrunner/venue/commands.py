"""What can be asked of the venue, and what the outside world does to it.

Quantities are in base coins, prices and amounts in the settle coin. ``account`` is the name given
at ``OpenAccount``. ``None`` means "not given" throughout.
"""

from dataclasses import dataclass
from decimal import Decimal

from botrunner.venue.settings import FeeRates
from botrunner.venue.vocabulary import (
    MarginMode,
    OrderFilter,
    OrderType,
    PositionIdx,
    PositionMode,
    PriceKind,
    Side,
    TimeInForce,
    TriggerDirection,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """Open an account: cross margin, one-way mode everywhere."""

    account: str
    balance: Decimal
    fees: FeeRates | None = None
    """None: the venue's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyMoney:
    """Put money in (positive) or take it out (negative; never more than is available)."""

    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFees:
    """Change the account's fee rates, for executions from now on."""

    account: str
    fees: FeeRates


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBandAdjustment:
    """Whether limit prices outside the band are moved to it (the default) or refused."""

    account: str
    adjust: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """A new order.

    A quantity of 0 with ``reduce_only`` and ``close_on_trigger`` closes the whole position.
    With a trigger price it is a conditional order and needs the direction too.
    """

    account: str
    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    """Limit orders only."""
    time_in_force: TimeInForce = TimeInForce.GTC
    """Ignored for market orders, which are IOC."""
    position_idx: PositionIdx = PositionIdx.NET
    link_id: str = ""
    """The client's id; unique within the account."""
    reduce_only: bool = False
    close_on_trigger: bool = False
    trigger_price: Decimal | None = None
    trigger_direction: TriggerDirection | None = None
    trigger_by: PriceKind = PriceKind.LAST
    take_profit: Decimal | None = None
    """Becomes the position's at the order's first fill, as does the stop loss; 0 is none."""
    stop_loss: Decimal | None = None
    take_profit_by: PriceKind = PriceKind.LAST
    stop_loss_by: PriceKind = PriceKind.LAST


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendOrder:
    """Change an open order, named by either id (``order_id`` wins).

    ``quantity`` is the order's new total, what is filled included. Less quantity at the same price
    keeps the place in the queue; anything else goes to its end. Take profit and stop loss: 0
    removes.
    """

    account: str
    symbol: str
    order_id: str = ""
    link_id: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel one open order, named by either id (``order_id`` wins)."""

    account: str
    symbol: str
    order_id: str = ""
    link_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAll:
    """Cancel the account's open orders, oldest first."""

    account: str
    symbol: str | None = None
    """None: on every symbol."""
    order_filter: OrderFilter = OrderFilter.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLeverage:
    """Set the leverage of a symbol's buys and sells."""

    account: str
    symbol: str
    buy: Decimal
    sell: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchMode:
    """Change the position mode: of one symbol, or of all that have no position and no orders."""

    account: str
    mode: PositionMode
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMarginMode:
    """Change the margin mode of the whole account, which must have no position and no orders."""

    account: str
    mode: MarginMode


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTradingStop:
    """Set the stops of a whole position; None leaves one as it is, 0 removes it."""

    account: str
    symbol: str
    position_idx: PositionIdx = PositionIdx.NET
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit_by: PriceKind = PriceKind.LAST
    stop_loss_by: PriceKind = PriceKind.LAST
    trailing_distance: Decimal | None = None
    """A price distance, by the last price."""
    activation_price: Decimal | None = None
    """The trailing stop starts to follow when the last price reaches this; None: at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePrice:
    """One step of a symbol's price path.

    Without a book, this fills resting orders; with one, it moves triggers and valuation only.
    """

    symbol: str
    last: Decimal
    mark: Decimal | None = None
    """None: the last price; so are the index and, without a book, bid and ask."""
    index: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBook:
    """Replace the outside book (snapshot) or change levels of it (a quantity of 0 deletes one).

    A level that orders have eaten into stays eaten until the outside sends it again. Resting orders
    that the new book crosses are filled at their own price, as far as the crossing depth goes. From
    the first snapshot on the symbol trades against the book, until ``DropBook``.
    """

    symbol: str
    bids: tuple[tuple[Decimal, Decimal], ...]
    """(price, quantity), in any order."""
    asks: tuple[tuple[Decimal, Decimal], ...]
    snapshot: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DropBook:
    """Go back to the price path: unlimited quantity at bid and ask."""

    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintTrade:
    """A trade of the outside world.

    It moves the last price and, with a book, fills resting orders: at better prices first, then at
    its own price behind the outside quantity that was there before; never more than its quantity.
    """

    symbol: str
    price: Decimal
    quantity: Decimal
    taker_side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleFunding:
    """Charge funding on every open position of the symbol, at its mark price."""

    symbol: str
    rate: Decimal
    """A fraction; longs pay when it is positive."""


OrderCommand = PlaceOrder | AmendOrder | CancelOrder | CancelAll
"""What an account does with orders."""

OutsideCommand = MovePrice | SetBook | DropBook | PrintTrade | SettleFunding
"""What happens to a symbol, whoever trades it."""

TermsCommand = (
    ApplyMoney
    | SetFees
    | SetBandAdjustment
    | SetLeverage
    | SwitchMode
    | SetMarginMode
    | SetTradingStop
)
"""What an account says about itself."""

Command = OpenAccount | OrderCommand | OutsideCommand | TermsCommand
