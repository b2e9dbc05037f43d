"""One symbol: its prices, the outside book if there is one, and every order that waits."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.venue.account import Holding
from botrunner.venue.ladder import PriceLadder
from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.outside_book import BookSide, Level, OutsideBook
from botrunner.venue.position import Trail
from botrunner.venue.premium import PremiumAverage
from botrunner.venue.vocabulary import PriceKind, Side, TriggerDirection


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """One step of a price path; bid and ask are those of the path, not of the book."""

    last: Decimal
    mark: Decimal
    index: Decimal
    bid: Decimal
    ask: Decimal
    at: datetime

    def of(self, kind: PriceKind) -> Decimal:
        """The price that a trigger of this kind watches."""
        match kind:
            case PriceKind.LAST:
                return self.last
            case PriceKind.MARK:
                return self.mark
            case PriceKind.INDEX:
                return self.index


@dataclass(frozen=True, slots=True)
class Triggers:
    """The orders that wait for one kind of price."""

    kind: PriceKind
    rising: PriceLadder[Order] = field(default_factory=PriceLadder)
    """Triggered when the price is at theirs or above."""
    falling: PriceLadder[Order] = field(default_factory=PriceLadder)

    def ladder(self, direction: TriggerDirection) -> PriceLadder[Order]:
        """Where orders of a direction wait."""
        return self.rising if direction is TriggerDirection.RISE else self.falling

    def next_due(self, price: Decimal) -> Order | None:
        """The nearest order that this price triggers."""
        lowest = self.rising.lowest()
        if lowest is not None and lowest <= price:
            return self.rising.first_at(lowest)
        highest = self.falling.highest()
        if highest is not None and highest >= price:
            return self.falling.first_at(highest)
        return None


def _triggers() -> tuple[Triggers, ...]:
    return tuple(Triggers(kind) for kind in PriceKind)


@dataclass(slots=True, kw_only=True, eq=False)
class Market:
    """Everything about one symbol that is not one account's."""

    instrument: Instrument
    prices: Prices | None = None
    outside: OutsideBook | None = None
    """None: a price path, with unlimited quantity at bid and ask."""
    update_id: int = 1
    updated_at: datetime | None = None
    premium: PremiumAverage = field(default_factory=PremiumAverage)
    buys: PriceLadder[Order] = field(default_factory=PriceLadder)
    sells: PriceLadder[Order] = field(default_factory=PriceLadder)
    triggers: tuple[Triggers, ...] = field(default_factory=_triggers)
    """One for each kind of price."""
    trails: dict[int, Trail] = field(default_factory=dict)
    """Of trailing stops, by order number."""
    holders: dict[str, Holding] = field(default_factory=dict)
    """Accounts with a position here, by name."""
    outside_cash: Decimal = ZERO
    """What the outside got minus what it gave, trading with accounts."""
    outside_quantity: Decimal = ZERO
    """The outside's position against the accounts, signed."""

    def best_bid(self) -> Decimal | None:
        """The outside's best bid."""
        if self.outside is not None:
            return self.outside.bids.best()
        return self.prices.bid if self.prices else None

    def best_ask(self) -> Decimal | None:
        """The outside's best ask."""
        if self.outside is not None:
            return self.outside.asks.best()
        return self.prices.ask if self.prices else None

    def opposite(self, side: Side) -> Decimal | None:
        """The best price that an order of this side can take."""
        return self.best_ask() if side is Side.BUY else self.best_bid()

    def triggers_of(self, kind: PriceKind) -> Triggers:
        """The orders that wait for a kind of price."""
        return next(triggers for triggers in self.triggers if triggers.kind is kind)

    def own_side(self, side: Side) -> BookSide | None:
        """The side of the outside book on which an order of this side rests."""
        if self.outside is None:
            return None
        return self.outside.bids if side is Side.BUY else self.outside.asks

    def resting(self, side: Side) -> PriceLadder[Order]:
        """Where orders of a side rest."""
        return self.buys if side is Side.BUY else self.sells

    def crosses(self, side: Side, price: Decimal) -> bool:
        """Whether an order at this price would take."""
        opposite = self.opposite(side)
        if opposite is None:
            return False
        return price >= opposite if side is Side.BUY else price <= opposite

    def reachable(self, side: Side, limit: Decimal, quantity: Decimal) -> list[Level]:
        """What an order could take now, best price first."""
        if self.outside is not None:
            offered = self.outside.asks if side is Side.BUY else self.outside.bids
            return offered.reachable(limit, quantity)
        opposite = self.opposite(side)
        if opposite is None or not self.crosses(side, limit):
            return []
        return [(opposite, quantity)]

    def take(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        """Take quantity off the book at a price; a price path has no end of it."""
        if self.outside is not None:
            offered = self.outside.asks if side is Side.BUY else self.outside.bids
            offered.reduce(price, quantity)
            self.update_id += 1
