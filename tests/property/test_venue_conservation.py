"""The venue under random orders, prices, funding and liquidations.

SI-7: over any run the sum of all balances, fees, funding and realised and unrealised results is
constant. With it everything else that has to hold after every single command.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from botrunner.venue.commands import (
    AmendOrder,
    ApplyMoney,
    CancelAll,
    CancelOrder,
    Command,
    DropBook,
    MovePrice,
    OpenAccount,
    PlaceOrder,
    PrintTrade,
    SetBook,
    SetLeverage,
    SetMarginMode,
    SettleFunding,
    SetTradingStop,
    SwitchMode,
)
from botrunner.venue.events import Event, Executed, Outcome
from botrunner.venue.exchange import Venue
from botrunner.venue.settings import TouchRule, VenueSettings
from botrunner.venue.vocabulary import (
    OPEN_STATUSES,
    ExecutionType,
    MarginMode,
    OrderType,
    PositionIdx,
    PositionMode,
    PriceKind,
    Side,
    TimeInForce,
    TriggerDirection,
)
from unit.venue.desk import contract, tier

START = datetime(2026, 1, 1, tzinfo=UTC)
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


def opened(rules: VenueSettings) -> tuple[Venue, list[Outcome]]:
    """A venue with accounts and first prices, and what came of that."""
    contracts = [
        contract(symbol, quantity_step=Decimal("0.1"), min_quantity=Decimal("0.1"), tiers=TIERS)
        for symbol in SYMBOLS
    ]
    venue = Venue(contracts, rules)
    commands: list[Command] = [
        *(OpenAccount(account=name, balance=Decimal(2000)) for name in ACCOUNTS),
        *(MovePrice(symbol=symbol, last=Decimal(1000)) for symbol in SYMBOLS),
        SwitchMode(account="b", mode=PositionMode.HEDGE),
    ]
    return venue, [venue.handle(command, at=START) for command in commands]


def run(venue: Venue, chosen: list[Choice], check: Callable[[Venue, Outcome], None]) -> list[Event]:
    """Hand over every command, a second apart, and check after each."""
    events: list[Event] = []
    for number, choose in enumerate(chosen):
        command = choose(venue)
        if command is None:
            continue
        outcome = venue.handle(command, at=START + timedelta(seconds=number))
        events.extend(outcome.events)
        check(venue, outcome)
    return events


def check_money(venue: Venue, outcome: Outcome) -> None:
    """SI-7, exactly; and every wallet is the sum of its movements."""
    assert venue.conservation().difference == 0
    for name in ACCOUNTS:
        moved = sum((t.change for t in venue.transactions(name)), Decimal(0))

        assert moved == venue.wallet(name).wallet_balance


def check_margin(venue: Venue, outcome: Outcome) -> None:
    """Nothing locked is negative, and nobody who should be liquidated is left."""
    for name in ACCOUNTS:
        wallet = venue.wallet(name)

        assert wallet.order_initial_margin >= 0
        assert wallet.position_initial_margin >= 0
        assert wallet.available >= 0
        if wallet.position_maintenance_margin and wallet.maintenance_margin_rate is not None:
            assert wallet.maintenance_margin_rate < 1


def check_positions(venue: Venue, outcome: Outcome) -> None:
    """A position is the sum of its executions, and a side of a hedge never turns."""
    for name in ACCOUNTS:
        traded: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for execution in venue.executions(name):
            if execution.execution_type is not ExecutionType.FUNDING:
                sign = 1 if execution.side is Side.BUY else -1
                key = (execution.symbol, execution.position_idx)
                traded[key] += sign * execution.quantity
        held = {(p.symbol, int(p.position_idx)): p.size for p in venue.positions(name)}

        assert {key: size for key, size in traded.items() if size} == held
        for (_, index), size in held.items():
            assert index != PositionIdx.LONG or size > 0
            assert index != PositionIdx.SHORT or size < 0


def check_orders(venue: Venue, outcome: Outcome) -> None:
    """Open orders are open, want something, and only reduce what is there."""
    for name in ACCOUNTS:
        for order in venue.open_orders(name):
            assert order.status in OPEN_STATUSES
            assert order.filled_quantity + order.leaves_quantity == order.quantity
            if order.reduce_only and order.trigger_price is None:
                size = venue.position(name, order.symbol, order.position_idx).size

                assert order.leaves_quantity <= abs(size)
                assert (size < 0) == (order.side is Side.BUY)


def check_refusal(venue: Venue, outcome: Outcome) -> None:
    """A refusal tells nothing else."""
    if outcome.refusal is not None:
        assert (outcome.events, outcome.orders) == ((), ())


def check_everything(venue: Venue, outcome: Outcome) -> None:
    """All of the above."""
    for check in (check_money, check_margin, check_positions, check_orders, check_refusal):
        check(venue, outcome)


QUIET = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)


@QUIET
@given(rules=venue_settings, chosen=st.lists(choices, min_size=20, max_size=80))
def test_si_7_money_is_neither_made_nor_lost_and_every_figure_holds_after_every_command(
    rules: VenueSettings, chosen: list[Choice]
) -> None:
    venue, _ = opened(rules)
    check_everything(venue, Outcome())
    run(venue, chosen, check_everything)


@settings(parent=QUIET, max_examples=60)
@given(
    rules=venue_settings,
    steps=st.lists(st.tuples(entries(), prices, prices), min_size=8, max_size=20),
)
def test_si_7_holds_through_storms_of_liquidations(
    rules: VenueSettings, steps: list[tuple[Choice, Decimal, Decimal]]
) -> None:
    venue, _ = opened(rules)
    for name in ACCOUNTS:
        for symbol in SYMBOLS:
            wild = SetLeverage(account=name, symbol=symbol, buy=Decimal(50), sell=Decimal(50))
            venue.handle(wild, at=START)
    chosen: list[Choice] = []
    for entry, of_btc, of_eth in steps:
        chosen.append(entry)
        chosen.append(plainly(MovePrice(symbol="BTCUSDT", last=of_btc)))
        chosen.append(plainly(MovePrice(symbol="ETHUSDT", last=of_eth)))
    run(venue, chosen, check_everything)


@settings(parent=QUIET, max_examples=40)
@given(rules=venue_settings, chosen=st.lists(choices, min_size=20, max_size=80))
def test_the_same_commands_give_the_same_events(rules: VenueSettings, chosen: list[Choice]) -> None:
    (first, opening), (second, again) = opened(rules), opened(rules)
    one = run(first, chosen, check_refusal)
    other = run(second, chosen, check_refusal)

    assert opening == again
    assert one == other
    assert all(first.wallet(name) == second.wallet(name) for name in ACCOUNTS)


@settings(parent=QUIET, max_examples=40)
@given(rules=venue_settings, chosen=st.lists(choices, min_size=20, max_size=80))
def test_executions_of_the_events_are_those_of_the_history(
    rules: VenueSettings, chosen: list[Choice]
) -> None:
    venue, _ = opened(rules)
    told = [e.execution for e in run(venue, chosen, check_refusal) if isinstance(e, Executed)]

    for name in ACCOUNTS:
        assert [e for e in told if e.account == name] == list(venue.executions(name))
