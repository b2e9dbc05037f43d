"""A venue with one account at a desk: short words for long commands."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from botrunner.domain.instrument import Instrument, RiskTier
from botrunner.venue.commands import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Command,
    MovePrice,
    OpenAccount,
    PlaceOrder,
    SetBook,
    SetLeverage,
    SwitchMode,
)
from botrunner.venue.events import Event, Executed, OrderChanged, Outcome
from botrunner.venue.exchange import Venue
from botrunner.venue.records import Execution, OrderSnapshot
from botrunner.venue.refusals import Refusal
from botrunner.venue.settings import VenueSettings
from botrunner.venue.views import PositionView, WalletView
from botrunner.venue.vocabulary import (
    OrderStatus,
    OrderType,
    PositionIdx,
    PositionMode,
    Side,
    TimeInForce,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUY, SELL = Side.BUY, Side.SELL
D = Decimal


def tier(limit: str, initial: str, maintenance: str, deduction: str) -> RiskTier:
    """A risk tier; the greatest leverage is 1 / initial."""
    return RiskTier(
        limit=D(limit),
        initial_margin_rate=D(initial),
        maintenance_margin_rate=D(maintenance),
        max_leverage=1 / D(initial),
        deduction=D(deduction),
    )


TIERS = (
    tier("2000000", "0.01", "0.005", "0"),
    tier("2600000", "0.0125", "0.0056", "1200"),
    tier("10000000", "0.02", "0.01", "12640"),
)


def contract(symbol: str = "BTCUSDT", **changes: object) -> Instrument:
    """BTCUSDT as the reference describes it, with three tiers."""
    values: dict[str, object] = {
        "symbol": symbol,
        "base_coin": symbol.removesuffix("USDT"),
        "quote_coin": "USDT",
        "tick_size": D("0.1"),
        "quantity_step": D("0.001"),
        "min_quantity": D("0.001"),
        "max_quantity": D(1000),
        "max_market_quantity": D(500),
        "min_notional": D(5),
        "min_price": D("0.1"),
        "max_price": D("1999999.8"),
        "min_leverage": D(1),
        "max_leverage": D(100),
        "leverage_step": D("0.01"),
        "funding_interval_minutes": 480,
        "price_limit_ratio_x": D("0.01"),
        "price_limit_ratio_y": D("0.02"),
        "tiers": TIERS,
    }
    return Instrument(**{**values, **changes})  # type: ignore[arg-type]  # values by field name


class Desk:
    """One venue and a clock; ``name`` is the account that acts."""

    def __init__(
        self,
        *,
        balance: str = "10000",
        settings: VenueSettings | None = None,
        instruments: Iterable[Instrument] = (),
        price: str | None = "50000",
        name: str = "a",
    ) -> None:
        self.venue = Venue(tuple(instruments) or (contract(),), settings)
        self.at = NOON
        self.name = name
        self.symbol = self.venue.symbols()[0]
        self.open(name, balance)
        if price is not None:
            self.price(price)

    def do(self, command: Command, seconds: float = 0) -> Outcome:
        """Hand over a command, some seconds after the last one."""
        self.at += timedelta(seconds=seconds)
        return self.venue.handle(command, at=self.at)

    def open(self, name: str, balance: str) -> Outcome:
        """Open another account."""
        return self.do(OpenAccount(account=name, balance=D(balance)))

    def price(
        self, last: str, *, mark: str | None = None, index: str | None = None, symbol: str = ""
    ) -> Outcome:
        """Move the price: last, and mark and index with it unless given."""
        return self.do(
            MovePrice(
                symbol=symbol or self.symbol,
                last=D(last),
                mark=D(mark) if mark else None,
                index=D(index) if index else None,
            )
        )

    def book(self, bids: str, asks: str, *, snapshot: bool = True) -> Outcome:
        """Set the book from ``price:quantity`` words."""
        return self.do(
            SetBook(symbol=self.symbol, bids=levels(bids), asks=levels(asks), snapshot=snapshot)
        )

    def order(
        self,
        side: Side,
        quantity: str,
        price: str | None = None,
        *,
        time_in_force: TimeInForce = TimeInForce.GTC,
        idx: int = 0,
        name: str = "",
        symbol: str = "",
        **others: object,
    ) -> Outcome:
        """Place an order: limit if it has a price."""
        return self.do(
            PlaceOrder(
                account=name or self.name,
                symbol=symbol or self.symbol,
                side=side,
                order_type=OrderType.LIMIT if price else OrderType.MARKET,
                quantity=D(quantity),
                price=D(price) if price else None,
                time_in_force=time_in_force,
                position_idx=PositionIdx(idx),
                **others,  # type: ignore[arg-type]  # by field name
            )
        )

    def amend(self, order: OrderSnapshot, **changes: str) -> Outcome:
        """Change an order."""
        plain = AmendOrder(account=order.account, symbol=order.symbol, order_id=order.order_id)
        values = {field: D(value) for field, value in changes.items()}
        return self.do(replace(plain, **values))  # type: ignore[arg-type]  # fields by name

    def cancel(self, order: OrderSnapshot) -> Outcome:
        """Cancel an order."""
        return self.do(
            CancelOrder(account=order.account, symbol=order.symbol, order_id=order.order_id)
        )

    def cancel_all(self) -> Outcome:
        """Cancel everything of the account."""
        return self.do(CancelAll(account=self.name))

    def leverage(self, leverage: str) -> Outcome:
        """Set both sides' leverage."""
        return self.do(
            SetLeverage(account=self.name, symbol=self.symbol, buy=D(leverage), sell=D(leverage))
        )

    def hedge(self) -> Outcome:
        """Switch the symbol to hedge mode."""
        return self.do(SwitchMode(account=self.name, symbol=self.symbol, mode=PositionMode.HEDGE))

    def wallet(self, name: str = "") -> WalletView:
        """The account's wallet."""
        return self.venue.wallet(name or self.name)

    def position(self, idx: int = 0, name: str = "") -> PositionView:
        """One position of the account."""
        return self.venue.position(name or self.name, self.symbol, PositionIdx(idx))

    def shown(self, order: OrderSnapshot) -> OrderSnapshot:
        """The order as it stands now."""
        found = self.venue.order(order.account, order_id=order.order_id)
        assert found is not None
        return found


def levels(words: str) -> tuple[tuple[Decimal, Decimal], ...]:
    """Levels from ``price:quantity`` words."""
    pairs = (word.split(":") for word in words.split())
    return tuple((D(price), D(quantity)) for price, quantity in pairs)


def placed(outcome: Outcome) -> OrderSnapshot:
    """The order of an outcome that was not refused."""
    assert outcome.refusal is None, outcome.refusal
    return outcome.orders[0]


def refused(outcome: Outcome) -> Refusal:
    """The refusal of an outcome that changed nothing."""
    assert outcome.refusal is not None
    assert outcome.events == ()
    return outcome.refusal


def fills(events: Iterable[Event]) -> list[Execution]:
    """The executions among events."""
    return [e.execution for e in events if isinstance(e, Executed)]


def statuses(events: Iterable[Event]) -> list[OrderStatus]:
    """The order statuses that events tell, in order."""
    return [e.order.status for e in events if isinstance(e, OrderChanged)]
