"""Random trading for the venue: strategies that make commands, sensible and wild."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from botrunner.venue.commands import (
    AmendOrder,
    ApplyMoney,
    CancelAll,
    CancelOrder,
    Command,
    DropBook,
    MovePrice,
    PlaceOrder,
    PrintTrade,
    SetBook,
    SetLeverage,
    SetMarginMode,
    SettleFunding,
    SetTradingStop,
    SwitchMode,
)
from botrunner.venue.exchange import Venue
from botrunner.venue.settings import TouchRule, VenueSettings
from botrunner.venue.vocabulary import (
    MarginMode,
    OrderType,
    PositionIdx,
    PositionMode,
    PriceKind,
    Side,
    TimeInForce,
    TriggerDirection,
)
from unit.venue.desk import tier

SYMBOLS = ("BTCUSDT", "ETHUSDT")
ACCOUNTS = ("a", "b", "c")
# Small tiers and thin balances, so that liquidations of every kind are common.
TIERS = (
    tier("20000", "0.01", "0.005", "0"),
    tier("60000", "0.02", "0.01", "100"),
    tier("500000", "0.04", "0.02", "700"),
)

Choice = Callable[[Venue], Command | None]
"""A command that may depend on what is there, made when its turn comes."""

accounts = st.sampled_from(ACCOUNTS)
symbols = st.sampled_from(SYMBOLS)
prices = st.integers(900, 1100).map(Decimal)
maybe_price = st.none() | prices
quantities = st.integers(1, 150).map(lambda n: Decimal(n) / 10)
kinds = st.sampled_from(PriceKind)


def plainly(command: Command) -> Choice:
    """A command that depends on nothing."""
    return lambda venue: command


@st.composite
def wild_orders(draw: st.DrawFn) -> Choice:
    """Any order: mostly ones that the venue refuses."""
    limit = draw(st.booleans())
    command = PlaceOrder(
        account=draw(accounts),
        symbol=draw(symbols),
        side=draw(st.sampled_from(Side)),
        order_type=OrderType.LIMIT if limit else OrderType.MARKET,
        quantity=draw(quantities | st.just(Decimal(0))),
        price=draw(prices) if limit else None,
        time_in_force=draw(st.sampled_from(TimeInForce)),
        reduce_only=draw(st.booleans()),
        close_on_trigger=draw(st.booleans()),
        trigger_price=draw(maybe_price),
        trigger_direction=draw(st.sampled_from(TriggerDirection)),
        trigger_by=draw(kinds),
        take_profit=draw(maybe_price),
        stop_loss=draw(maybe_price),
    )
    index = draw(st.sampled_from((PositionIdx.LONG, PositionIdx.SHORT)))
    return lambda venue: with_index(venue, command, index)


@st.composite
def limit_orders(draw: st.DrawFn) -> Choice:
    """A limit order near the last price, sometimes with stops around it."""
    plain = PlaceOrder(
        account=draw(accounts),
        symbol=draw(symbols),
        side=draw(st.sampled_from(Side)),
        order_type=OrderType.LIMIT,
        quantity=draw(quantities),
        time_in_force=draw(st.sampled_from((TimeInForce.GTC, *TimeInForce))),
    )
    away, reduce_only = draw(st.integers(-5, 60)), draw(st.integers(0, 3)) == 0
    profit, loss = draw(st.none() | st.integers(1, 50)), draw(st.none() | st.integers(1, 50))

    def choose(venue: Venue) -> Command:
        sign = 1 if plain.side is Side.BUY else -1
        price = last_price(venue, plain.symbol) - sign * away
        closes = reduce_only and reducible(venue, plain)
        return with_index(
            venue,
            replace(
                plain,
                price=price,
                reduce_only=closes,
                take_profit=None if closes or profit is None else price + sign * profit,
                stop_loss=None if closes or loss is None else price - sign * loss,
            ),
            side_index(plain.side, opens=not closes),
        )

    return choose


@st.composite
def conditional_orders(draw: st.DrawFn) -> Choice:
    """An order that waits on the right side of the last price."""
    plain = PlaceOrder(
        account=draw(accounts),
        symbol=draw(symbols),
        side=draw(st.sampled_from(Side)),
        order_type=OrderType.MARKET,
        quantity=draw(quantities),
        reduce_only=draw(st.booleans()),
    )
    away = draw(st.integers(-60, 60).filter(bool))

    def choose(venue: Venue) -> Command:
        return with_index(
            venue,
            replace(
                plain,
                trigger_price=last_price(venue, plain.symbol) + away,
                trigger_direction=TriggerDirection.RISE if away > 0 else TriggerDirection.FALL,
            ),
            side_index(plain.side, opens=not plain.reduce_only),
        )

    return choose


@st.composite
def entries(draw: st.DrawFn) -> Choice:
    """A market order that opens something, so that there is something to lose."""
    command = PlaceOrder(
        account=draw(accounts),
        symbol=draw(symbols),
        side=draw(st.sampled_from(Side)),
        order_type=OrderType.MARKET,
        quantity=draw(quantities),
    )
    return lambda venue: with_index(venue, command, side_index(command.side, opens=True))


def with_index(venue: Venue, command: PlaceOrder, index: PositionIdx) -> PlaceOrder:
    """The index that the symbol's mode wants."""
    mode = venue.symbol_settings(command.account, command.symbol).mode
    return replace(command, position_idx=index if mode is PositionMode.HEDGE else PositionIdx.NET)


def side_index(side: Side, *, opens: bool) -> PositionIdx:
    """The side of a hedge that an order opens or closes."""
    return PositionIdx.LONG if (side is Side.BUY) == opens else PositionIdx.SHORT


def last_price(venue: Venue, symbol: str) -> Decimal:
    """Where the symbol is."""
    view = venue.prices(symbol)
    assert view is not None
    return view.last


def reducible(venue: Venue, command: PlaceOrder) -> bool:
    """Whether there is something that this side reduces."""
    sign = 1 if command.side is Side.BUY else -1
    held = venue.positions(command.account, command.symbol)
    return any(position.size * sign < 0 for position in held)


@st.composite
def changes(draw: st.DrawFn) -> Choice:
    """Amend or cancel one of the open orders."""
    account, which = draw(accounts), draw(st.integers(0, 20))
    quantity, price = draw(st.none() | quantities), draw(maybe_price)
    cancels = draw(st.booleans())

    def choose(venue: Venue) -> Command | None:
        orders = venue.open_orders(account)
        if not orders:
            return None
        order = orders[which % len(orders)]
        if cancels:
            return CancelOrder(account=account, symbol=order.symbol, order_id=order.order_id)
        return AmendOrder(
            account=account,
            symbol=order.symbol,
            order_id=order.order_id,
            quantity=quantity,
            price=price,
        )

    return choose


@st.composite
def stops(draw: st.DrawFn) -> Choice:
    """Stops of a position that is there."""
    account, which = draw(accounts), draw(st.integers(0, 9))
    profit, loss = draw(maybe_price), draw(maybe_price)
    distance = draw(st.none() | st.integers(0, 60).map(Decimal))
    by = draw(kinds)

    def choose(venue: Venue) -> Command | None:
        positions = venue.positions(account)
        if not positions:
            return None
        position = positions[which % len(positions)]
        return SetTradingStop(
            account=account,
            symbol=position.symbol,
            position_idx=position.position_idx,
            take_profit=profit,
            stop_loss=loss,
            stop_loss_by=by,
            trailing_distance=distance,
        )

    return choose


@st.composite
def books(draw: st.DrawFn) -> Command:
    """A book around a price, or a change of it."""
    middle = draw(st.integers(900, 1100))
    sizes = draw(st.lists(st.integers(0, 50).map(Decimal), min_size=6, max_size=6))
    return SetBook(
        symbol=draw(symbols),
        bids=tuple((Decimal(middle - 1 - n), sizes[n]) for n in range(3)),
        asks=tuple((Decimal(middle + 1 + n), sizes[n + 3]) for n in range(3)),
        snapshot=draw(st.booleans()),
    )


outside = st.one_of(
    st.builds(MovePrice, symbol=symbols, last=prices, mark=maybe_price, index=maybe_price),
    books(),
    st.builds(DropBook, symbol=symbols),
    st.builds(
        PrintTrade,
        symbol=symbols,
        price=prices,
        quantity=quantities,
        taker_side=st.sampled_from(Side),
    ),
    st.builds(
        SettleFunding,
        symbol=symbols,
        rate=st.integers(-300, 300).map(lambda n: Decimal(n) / 100_000),
    ),
).map(plainly)

terms = st.one_of(
    st.builds(
        ApplyMoney,
        account=accounts,
        amount=st.integers(-3000, 3000).map(lambda n: Decimal(n) / 100),
    ),
    st.builds(CancelAll, account=accounts, symbol=st.none() | symbols),
    st.builds(SwitchMode, account=accounts, mode=st.sampled_from(PositionMode), symbol=symbols),
    st.builds(SetMarginMode, account=accounts, mode=st.sampled_from(MarginMode)),
    st.integers(1, 100).flatmap(
        lambda n: st.builds(
            SetLeverage,
            account=accounts,
            symbol=symbols,
            buy=st.just(Decimal(n)),
            sell=st.just(Decimal(n)),
        )
    ),
).map(plainly)

choices = st.one_of(
    limit_orders(),
    limit_orders(),
    conditional_orders(),
    entries(),
    changes(),
    stops(),
    outside,
    outside,
    terms,
    wild_orders(),
)

venue_settings = st.builds(
    VenueSettings,
    touch_rule=st.sampled_from(TouchRule),
    hedge_offset=st.booleans(),
    insurance_balance=st.sampled_from((Decimal(0), Decimal(100), Decimal(1_000_000))),
    default_leverage=st.sampled_from((Decimal(10), Decimal(50))),
)
