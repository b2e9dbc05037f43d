"""The venue under random orders, prices, funding and liquidations.

SI-7: over any run the sum of all balances, fees, funding and realised and unrealised results is
constant. With it everything else that has to hold after every single command.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from botrunner.venue.commands import Command, MovePrice, OpenAccount, SetLeverage, SwitchMode
from botrunner.venue.events import Event, Executed, Outcome
from botrunner.venue.exchange import Venue
from botrunner.venue.settings import VenueSettings
from botrunner.venue.vocabulary import (
    OPEN_STATUSES,
    ExecutionType,
    PositionIdx,
    PositionMode,
    Side,
)
from unit.venue.desk import contract
from unit.venue.random_trading import (
    ACCOUNTS,
    SYMBOLS,
    TIERS,
    Choice,
    choices,
    entries,
    plainly,
    prices,
    venue_settings,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


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


QUIET = settings(suppress_health_check=[HealthCheck.too_slow], print_blob=True)


@settings(parent=QUIET, max_examples=max(120, QUIET.max_examples))
@given(rules=venue_settings, chosen=st.lists(choices, min_size=20, max_size=80))
def test_si_7_money_is_neither_made_nor_lost_and_every_figure_holds_after_every_command(
    rules: VenueSettings, chosen: list[Choice]
) -> None:
    venue, _ = opened(rules)
    check_everything(venue, Outcome())
    run(venue, chosen, check_everything)


@QUIET
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


@QUIET
@given(rules=venue_settings, chosen=st.lists(choices, min_size=20, max_size=80))
def test_the_same_commands_give_the_same_events(rules: VenueSettings, chosen: list[Choice]) -> None:
    (first, opening), (second, again) = opened(rules), opened(rules)
    one = run(first, chosen, check_refusal)
    other = run(second, chosen, check_refusal)

    assert opening == again
    assert one == other
    assert all(first.wallet(name) == second.wallet(name) for name in ACCOUNTS)


@QUIET
@given(rules=venue_settings, chosen=st.lists(choices, min_size=20, max_size=80))
def test_executions_of_the_events_are_those_of_the_history(
    rules: VenueSettings, chosen: list[Choice]
) -> None:
    venue, _ = opened(rules)
    told = [e.execution for e in run(venue, chosen, check_refusal) if isinstance(e, Executed)]

    for name in ACCOUNTS:
        assert [e for e in told if e.account == name] == list(venue.executions(name))
