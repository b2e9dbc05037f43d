"""The five properties of the grid, over interleavings of everything that can happen to it."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from botrunner.domain.actions import PlaceOrder
from botrunner.domain.control import PersonStopSet
from botrunner.domain.emergency import StopCause, StopPolicy
from botrunner.domain.order import Pending
from botrunner.domain.parameters import AccountParameters, StopParameters
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.domain.traits import VenueTraits
from botrunner.risk.margin import order_cost
from support.engine_drive import Drive, account, grid, started
from support.grid_happenings import TICK, Happening, anything, calm, happen
from support.grid_ledger import Ledger
from support.grid_rules import broken_rules

FEE = Decimal("0.0002")
BUFFER = Decimal("0.15")


def rich() -> AccountParameters:
    return account(of=grid(levels=6))


@given(st.lists(anything, max_size=15))
def test_both_sides_are_even_whenever_nothing_is_in_flight(
    happened: list[Happening],
) -> None:
    """Property 1: GR-3 and GR-20 after everything that happens, once it has come to rest."""
    drive = started(parameters=rich(), cash="1000000")
    for step in happened:
        happen(drive, step)
    drive.calm()
    drive.settle(45)

    assert drive.engine.state.stop is None, drive.engine.state.stop
    assert broken_rules(drive) == []


@given(st.lists(anything, max_size=15), st.booleans())
def test_both_sides_are_even_at_a_venue_without_amendment_too(
    happened: list[Happening], two_exits: bool
) -> None:
    """Property 1, GR-31: where orders are cancelled and placed anew."""
    traits = VenueTraits(amends=False, two_exits=two_exits)
    drive = started(parameters=rich(), cash="1000000", traits=traits)
    for step in happened:
        happen(drive, step)
    drive.calm()
    drive.settle(45)

    assert drive.engine.state.stop is None, drive.engine.state.stop
    assert broken_rules(drive) == []


@given(st.lists(calm, max_size=15))
def test_the_grid_is_even_after_every_single_event_of_a_calm_run(
    happened: list[Happening],
) -> None:
    """Property 1: whenever no order is in flight, event by event."""
    drive = started(parameters=rich(), cash="1000000")
    drive.after_step = _check_when_quiet
    for step in happened:
        happen(drive, step)


def _check_when_quiet(drive: Drive) -> None:
    if not drive.queue and not any(o.in_flight for o in drive.engine.state.orders.values()):
        assert broken_rules(drive) == []


@given(st.lists(anything, max_size=15), st.integers(8, 400))
def test_the_account_never_commits_more_than_it_may(happened: list[Happening], cash: int) -> None:
    """Property 2: promised <= available - buffer + what is being given up, at each placement."""
    drive = started(parameters=rich(), cash=str(cash))
    drive.after_step = _check_money
    for step in happened:
        happen(drive, step)


def _check_money(drive: Drive) -> None:
    state, wallet = drive.engine.state, drive.engine.state.wallet
    placed = [action for action in drive.last_sent() if isinstance(action, PlaceOrder)]
    if wallet is None or all(action.reduce_only for action in placed):
        return
    promised = freed = Decimal(0)
    for order in state.orders.values():
        if order.purpose is not Purpose.ENTRY or order.is_final or order.price is None:
            continue
        cost = order_cost(order.side, order.remaining * order.price, Decimal(75), FEE)
        if order.pending is Pending.CANCEL:
            freed += cost
        elif order.acknowledged_at is None or order.acknowledged_at > wallet.at:
            promised += cost

    assert promised <= wallet.available - wallet.margin_balance * BUFFER + freed


@given(st.lists(calm, max_size=15))
def test_every_take_profit_nets_its_percentage_in_the_ledger(
    happened: list[Happening],
) -> None:
    """Property 3: after fees and funding, to one tick (GR-30)."""
    patient = account(of=grid(levels=6, timeout=600))
    drive = started(parameters=patient, cash="1000000", fee="0.00055")
    for step in happened:
        happen(drive, step)

    for closed in Ledger(drive.venue).closed_sides():
        assert closed.net >= closed.entry_notional * Decimal("0.01") - closed.exit_quantity * TICK


@given(st.lists(calm, max_size=15), st.integers(0, 15), st.integers(0, 30))
def test_recovery_from_any_prefix_ends_where_never_stopping_ends(
    happened: list[Happening], cut: int, events: int
) -> None:
    """Property 4: killed between two events of any run, or in the middle of what one causes."""
    steady, killed = (started(parameters=rich(), cash="1000000") for _ in range(2))
    for number, each in enumerate(happened):
        if number == cut:
            killed.crash_after = events
            if events == 0:
                killed.restart()
        happen(steady, each)
        happen(killed, each)
    for drive in (steady, killed):
        drive.calm()
        drive.settle(12)

    assert broken_rules(killed) == []
    for side in SIDES:
        assert _shape(killed, side) == _shape(steady, side)


def _shape(drive: Drive, side: Side) -> object:
    state = drive.run.grid.side(side)
    levels = [(level.number, level.quantity, level.notional) for level in state.levels]
    return (levels, state.holding)


@given(st.lists(anything, max_size=15))
def test_the_same_events_give_the_same_actions(happened: list[Happening]) -> None:
    """Property 5: byte for byte, audit included."""
    first, second = (started(parameters=rich()) for _ in range(2))
    for step in happened:
        happen(first, step)
        happen(second, step)

    assert repr(first.outcomes) == repr(second.outcomes)


@given(st.lists(anything, max_size=12), st.integers(0, 12), st.sampled_from(StopPolicy))
def test_nothing_that_adds_exposure_is_sent_after_a_stop(
    happened: list[Happening], cut: int, policy: StopPolicy
) -> None:
    """RI-3: whatever happens, faults and restarts included; under Freeze no request at all."""
    parameters = AccountParameters(strategies=rich().strategies, stop=StopParameters(policy=policy))
    drive = started(parameters=parameters, cash="1000000")
    for each in happened[:cut]:
        happen(drive, each)
    drive.calm()
    drive.tell(PersonStopSet(at=drive.venue.now, reason="spec.emergencyStop"))
    drive.known_stop = True
    before = len(drive.venue.requests)
    for each in happened[cut:]:
        happen(drive, each)
    after = drive.venue.requests[before:]

    assert not any(isinstance(r, PlaceOrder) and not r.reduce_only for r in after)
    assert policy is not StopPolicy.FREEZE or after == []


@given(st.lists(anything, max_size=12))
def test_flatten_ends_flat_whatever_happened_before(happened: list[Happening]) -> None:
    """RI-3: retried until a read shows it."""
    parameters = AccountParameters(
        strategies=rich().strategies, stop=StopParameters(policy=StopPolicy.FLATTEN)
    )
    drive = started(parameters=parameters, cash="1000000")
    for each in happened:
        happen(drive, each)
    drive.calm()
    drive.tell(PersonStopSet(at=drive.venue.now, reason="spec.emergencyStop"))
    drive.settle(45)

    assert drive.venue.positions() == []
    assert drive.venue.open_orders() == []
    assert drive.engine.state.stop_complete


@given(st.lists(anything, max_size=12), st.integers(3, 300))
def test_a_starved_grid_is_whole_again_once_there_is_money(
    happened: list[Happening], cash: int
) -> None:
    """GR-22 and GR-36: want of money leaves nothing behind."""
    drive = started(parameters=rich(), cash=str(cash))
    for each in happened:
        happen(drive, each)
    drive.calm()
    drive.venue.cash += 1_000_000
    drive.tell_wallet()
    drive.settle(75)
    stop = drive.engine.state.stop

    assert stop is None or stop.cause is StopCause.MARGIN
    assert stop is not None or broken_rules(drive) == []
