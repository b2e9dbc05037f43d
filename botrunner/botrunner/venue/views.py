"""What can be read off the venue at any moment. Valued at the present mark prices, not rounded
unless said; money in the settle coin unless said.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.venue.money import exact
from botrunner.venue.settings import FeeRates
from botrunner.venue.vocabulary import MarginMode, PositionIdx, PositionMode, PriceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesView:
    """A symbol's prices."""

    symbol: str
    last: Decimal
    mark: Decimal
    index: Decimal
    bid: Decimal | None
    """None: that side of the book is empty."""
    ask: Decimal | None
    at: datetime
    """Of the last change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookView:
    """The outside book, best levels first, with what orders have eaten taken off.

    On a price path both sides have one level, of the instrument's largest market order.
    """

    symbol: str
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]
    update_id: int
    """Grows with every change of the book."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBand:
    """The prices that limit orders are held to."""

    highest_buy: Decimal
    lowest_sell: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account's settings."""

    account: str
    margin_mode: MarginMode
    fees: FeeRates
    adjust_to_band: bool
    opened_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolSettingsView:
    """An account's settings on one symbol."""

    symbol: str
    mode: PositionMode
    buy_leverage: Decimal
    sell_leverage: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletView:
    """An account's money and margin: in the settle coin, then account-wide in USD."""

    account: str
    coin: str
    wallet_balance: Decimal
    equity: Decimal
    unrealised_pnl: Decimal
    order_initial_margin: Decimal
    position_initial_margin: Decimal
    position_maintenance_margin: Decimal
    realised_pnl: Decimal
    """Since the account was opened: results - fees + funding."""
    available: Decimal
    """Margin for new orders; never below 0."""
    usd_rate: Decimal
    total_equity_usd: Decimal
    total_wallet_balance_usd: Decimal
    total_margin_balance_usd: Decimal
    total_unrealised_pnl_usd: Decimal
    total_available_usd: Decimal | None
    """None with isolated margin; so are the totals and rates below."""
    total_initial_margin_usd: Decimal | None
    total_maintenance_margin_usd: Decimal | None
    initial_margin_rate: Decimal | None
    """Fraction of the margin balance, not truncated."""
    maintenance_margin_rate: Decimal | None
    """Fraction of the margin balance, not truncated; 1 is liquidation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopsView:
    """The stops of a position; None: not set."""

    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing_distance: Decimal | None = None
    activation_price: Decimal | None = None
    take_profit_by: PriceKind = PriceKind.LAST
    stop_loss_by: PriceKind = PriceKind.LAST


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """A position, flat ones included."""

    account: str
    symbol: str
    position_idx: PositionIdx
    size: Decimal
    """Signed: negative is short, 0 is flat."""
    entry_price: Decimal
    """Average, not rounded; 0 when flat."""
    entry_value: Decimal
    """|size| * entry price, exact."""
    mark_price: Decimal
    leverage: Decimal
    initial_margin: Decimal
    maintenance_margin: Decimal
    unrealised_pnl: Decimal
    realised_pnl: Decimal
    """Of the present position: results - fees + funding since it was opened."""
    total_realised_pnl: Decimal
    """The same over all time."""
    liquidation_price: Decimal | None
    """An estimate with everything else fixed; None outside the contract's price range."""
    break_even_price: Decimal | None
    tier_number: int
    """1 is the lowest risk tier."""
    tier_limit: Decimal
    stops: StopsView
    created_at: datetime
    """First use of the symbol by this account."""
    opened_at: datetime | None
    """None when flat."""
    updated_at: datetime
    seq: int
    """Of its last change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conservation:
    """Where all the money is, valued at the mark. ``difference`` is 0 at any moment."""

    deposits: Decimal
    """Put in minus taken out, the insurance fund's first balance included."""
    wallets: Decimal
    unrealised: Decimal
    """Of all positions."""
    fees: Decimal
    """Paid to the venue."""
    funding: Decimal
    """Paid by accounts minus received by them: what the outside's positions got."""
    insurance: Decimal
    outside: Decimal
    """What everybody else made of trading with the accounts: cash and position at the mark."""

    @property
    def difference(self) -> Decimal:
        """Money made from nothing."""
        with exact():
            held = self.wallets + self.unrealised + self.fees + self.funding
            return held + self.insurance + self.outside - self.deposits
