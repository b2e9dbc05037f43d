"""The five properties of the grid, over interleavings of everything that can happen to it."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from botrunner.domain.actions import PlaceOrder
from botrunner.domain.order import Pending
from botrunner.domain.parameters import AccountParameters
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.risk.margin import order_cost
from support.engine_drive import Drive, Fault, account, grid, started
from support.grid_ledger import Ledger
from support.grid_rules import broken_rules

TICK = Decimal("0.0001")
FEE = Decimal("0.0002")
BUFFER = Decimal("0.15")
steps = st.one_of(
    st.tuples(st.just("move"), st.integers(-350, 350)),
    st.tuples(st.just("part"), st.integers(0, 9), st.integers(1, 99)),
    st.tuples(st.just("wait"), st.integers(1, 15)),
    st.tuples(st.just("fault"), st.sampled_from(Fault)),
    st.tuples(st.just("funding"), st.integers(-20, 20)),
    st.tuples(st.just("restart"), st.just(0)),
)
calm = st.one_of(
    st.tuples(st.just("move"), st.integers(-350, 350)),
    st.tuples(st.just("part"), st.integers(0, 9), st.integers(1, 99)),
    st.tuples(st.just("wait"), st.integers(1, 15)),
    st.tuples(st.just("funding"), st.integers(-20, 20)),
)


def apply(drive: Drive, step: tuple[str, int] | tuple[str, int, int]) -> None:
    """One thing that happens to the account."""
    match step:
        case ("move", basis_points):
            price = drive.venue.prices["XRPUSDT"] * (1 + Decimal(basis_points) / 10_000)
            drive.move(price.quantize(TICK))
        case ("part", index, percent):
            _fill_part(drive, index, percent)
        case ("wait", seconds):
            drive.wait(seconds)
        case ("fault", fault):
            drive.faults.append(Fault(fault))
        case ("funding", rate):
            drive.tell(*drive.venue.pay_funding("XRPUSDT", Decimal(rate) / 10_000))
            drive.tell_wallet()
        case _:
            drive.restart()


def _fill_part(drive: Drive, index: int, percent: int) -> None:
    orders = drive.venue.open_orders()
    if orders:
        order = orders[index % len(orders)]
        part = max(Decimal(1), order.remaining * percent // 100)
        drive.tell(*drive.venue.fill_part(order.order_id, part))


def rich() -> AccountParameters:
    return account(of=grid(levels=6))


@given(st.lists(steps, max_size=15))
def test_both_sides_are_even_whenever_nothing_is_in_flight(
    happened: list[tuple[str, int]],
) -> None:
    """Property 1: GR-3 and GR-20 after everything that happens, once it has come to rest."""
    drive = started(parameters=rich(), cash="1000000")
    for step in happened:
        apply(drive, step)
    drive.faults.clear()
    drive.settle(22)

    assert drive.engine.state.stop is None, drive.engine.state.stop
    assert broken_rules(drive) == []


@given(st.lists(calm, max_size=15))
def test_the_grid_is_even_after_every_single_event_of_a_calm_run(
    happened: list[tuple[str, int]],
) -> None:
    """Property 1: whenever no order is in flight, event by event."""
    drive = started(parameters=rich(), cash="1000000")
    drive.after_step = _check_when_quiet
    for step in happened:
        apply(drive, step)


def _check_when_quiet(drive: Drive) -> None:
    if not drive.queue and not any(o.in_flight for o in drive.engine.state.orders.values()):
        assert broken_rules(drive) == []


@given(st.lists(steps, max_size=15), st.integers(8, 400))
def test_the_account_never_commits_more_than_it_may(
    happened: list[tuple[str, int]], cash: int
) -> None:
    """Property 2: promised <= available - buffer + what is being given up, at each placement."""
    drive = started(parameters=rich(), cash=str(cash))
    drive.after_step = _check_money
    for step in happened:
        apply(drive, step)


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
    happened: list[tuple[str, int]],
) -> None:
    """Property 3: after fees and funding, to one tick (GR-30)."""
    patient = account(of=grid(levels=6, timeout=600))
    drive = started(parameters=patient, cash="1000000", fee="0.00055")
    for step in happened:
        apply(drive, step)

    for closed in Ledger(drive.venue).closed_sides():
        assert closed.net >= closed.entry_notional * Decimal("0.01") - closed.exit_quantity * TICK


@given(st.lists(calm, max_size=15), st.data())
def test_recovery_from_any_prefix_ends_where_never_stopping_ends(
    happened: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Property 4."""
    cut = data.draw(st.integers(0, len(happened)))
    steady, stopped = (started(parameters=rich(), cash="1000000") for _ in range(2))
    for number, step in enumerate(happened):
        if number == cut:
            stopped.restart()
        apply(steady, step)
        apply(stopped, step)
    for drive in (steady, stopped):
        drive.settle(12)

    assert broken_rules(stopped) == []
    for side in SIDES:
        assert _shape(stopped, side) == _shape(steady, side)


def _shape(drive: Drive, side: Side) -> object:
    state = drive.run.grid.side(side)
    levels = [(level.number, level.quantity, level.notional) for level in state.levels]
    return (levels, state.holding)


@given(st.lists(steps, max_size=15))
def test_the_same_events_give_the_same_actions(happened: list[tuple[str, int]]) -> None:
    """Property 5: byte for byte, audit included."""
    first, second = (started(parameters=rich()) for _ in range(2))
    for step in happened:
        apply(first, step)
        apply(second, step)

    assert repr(first.outcomes) == repr(second.outcomes)
