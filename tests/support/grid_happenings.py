"""What can happen to an account, as data: drawn by hypothesis, applied to a drive."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from botrunner.domain.control import (
    ParametersChanged,
    PersonStopSet,
    PersonStopTakenBack,
    PrivateStreamLost,
    PrivateStreamRestored,
)
from botrunner.domain.parameters import GridParameters, StrategyParameters
from botrunner.domain.side import SIDES
from support.engine_drive import XRP, Drive, Fault
from support.grid_contract import VenueOrder

TICK = Decimal("0.0001")
BASIS_POINT = Decimal("0.0001")
FAULTS = tuple(Fault)
Happening = tuple[str, int, int]
"""A name and two numbers that the name gives a meaning."""


def move(drive: Drive, basis_points: int, _: int) -> None:
    """The price moves by so many basis points."""
    drive.move(_moved(drive, basis_points))


def part(drive: Drive, index: int, percent: int) -> None:
    """One of the resting orders fills in part."""
    orders = sorted(drive.venue.open_orders(), key=_place)
    if orders:
        order = orders[index % len(orders)]
        quantity = max(Decimal(1), order.remaining * percent // 100)
        drive.tell(*drive.venue.fill_part(order.order_id, quantity))


def wait(drive: Drive, seconds: int, _: int) -> None:
    """Time passes."""
    drive.wait(seconds)


def funding(drive: Drive, basis_points: int, _: int) -> None:
    """Funding is settled at a rate, and the wallet says so."""
    drive.tell(*drive.venue.pay_funding(XRP, basis_points * BASIS_POINT))
    drive.tell_wallet()


def fault(drive: Drive, number: int, _: int) -> None:
    """The next placement meets a fault."""
    drive.faults.append(FAULTS[number % len(FAULTS)])


def restart(drive: Drive, _: int, __: int) -> None:
    """kill -9 between two events."""
    drive.restart()


def crash(drive: Drive, events: int, _: int) -> None:
    """kill -9 in the middle of what comes next; what is under way is lost to the runner."""
    drive.crash_after = events


def swap(drive: Drive, ahead: int, _: int) -> None:
    """Streams overtake each other."""
    drive.swaps.extend([0, ahead, 0, 0, ahead, ahead, 0, ahead])


def lose(drive: Drive, answer: int, _: int) -> None:
    """The answer to a coming amendment or cancel is lost."""
    drive.lost.extend([False] * answer + [True])


def gap(drive: Drive, basis_points: int, _: int) -> None:
    """The private stream is lost, the price moves, the stream comes back."""
    drive.tell(PrivateStreamLost(at=drive.venue.now))
    drive.stream = False
    drive.move(_moved(drive, basis_points))
    drive.stream = True
    drive.tell(PrivateStreamRestored(at=drive.venue.now))


def edit(drive: Drive, what: int, number: int) -> None:
    """A person edits the grid."""
    one = drive.parameters.strategies[0]
    _change(drive, replace(one, grid=EDITS[what % len(EDITS)](one.grid, number)))


def by_hand(drive: Drive, side: int, percent: int) -> None:
    """A person closes a part of a side, or nearly all of it."""
    held = drive.venue.held.get((XRP, SIDES[side]))
    if held is None or held.quantity == 0:
        return
    order = VenueOrder(
        order_id=f"web-{len(drive.venue.orders)}",
        symbol=XRP,
        side=SIDES[side],
        reduces=True,
        price=drive.venue.prices[XRP],
        quantity=max(Decimal(1), held.quantity * percent // 99),
        created_at=drive.venue.now,
    )
    drive.venue.orders[order.order_id] = order
    drive.tell(*drive.venue.fill_part(order.order_id, order.quantity))


def resume(drive: Drive, _: int = 0, __: int = 0) -> None:
    """A person acknowledges the hold in force (GR-35)."""
    if drive.run.hold_id:
        _change(drive, replace(drive.parameters.strategies[0], acknowledged_hold=drive.run.hold_id))


def stop(drive: Drive, _: int, __: int) -> None:
    """A person stops the account."""
    drive.tell(PersonStopSet(at=drive.venue.now, reason="spec.emergencyStop"))


def take_back(drive: Drive, _: int = 0, __: int = 0) -> None:
    """The person takes the stop back."""
    drive.tell(PersonStopTakenBack(at=drive.venue.now))


EDITS: tuple[Callable[[GridParameters, int], GridParameters], ...] = (
    lambda grid, number: replace(grid, step_ratio=Decimal(number) / 2000),
    lambda grid, number: replace(grid, take_profit_ratio=Decimal(number) / 2000),
    lambda grid, number: replace(grid, max_levels_per_side=1 + number % 7),
    lambda grid, number: replace(
        grid, wanted=replace(grid.wanted, initial_margin=Decimal(1 + number % 3))
    ),
    lambda grid, number: replace(
        grid, wanted=replace(grid.wanted, leverage=Decimal(10 + number % 60))
    ),
    lambda grid, number: replace(
        grid, wanted=replace(grid.wanted, averaging_multiplier=Decimal(11 + number % 20) / 10)
    ),
)
"""What a person may write, from a number of 1 to 99."""


HAPPENINGS: dict[str, Callable[[Drive, int, int], None]] = {
    each.__name__: each
    for each in (move, part, wait, funding, fault, restart, crash, swap, lose, gap)
}
HAPPENINGS |= {each.__name__: each for each in (edit, by_hand, resume, stop, take_back)}


def happen(drive: Drive, happening: Happening) -> None:
    """Let it happen, with everything that follows at once."""
    name, first, second = happening
    HAPPENINGS[name](drive, first, second)


def _change(drive: Drive, strategy: StrategyParameters) -> None:
    drive.parameters = replace(drive.parameters, strategies=(strategy,))
    drive.tell(ParametersChanged(at=drive.venue.now, parameters=drive.parameters))


def _place(order: VenueOrder) -> tuple[str, bool, Decimal]:
    return (order.side.value, order.reduces, order.price)


def _moved(drive: Drive, basis_points: int) -> Decimal:
    return (drive.venue.prices[XRP] * (1 + basis_points * BASIS_POINT)).quantize(TICK)


def _drawn(name: str, low: int, high: int) -> st.SearchStrategy[Happening]:
    return st.tuples(st.just(name), st.integers(low, high), st.integers(1, 99))


calm = st.one_of(
    _drawn("move", -350, 350),
    _drawn("part", 0, 9),
    _drawn("wait", 1, 15),
    _drawn("funding", -20, 20),
)
"""A healthy connection."""
anything = st.one_of(
    calm,
    _drawn("fault", 0, len(FAULTS) - 1),
    _drawn("restart", 0, 0),
    _drawn("crash", 1, 25),
    _drawn("swap", 1, 3),
    _drawn("lose", 0, 3),
    _drawn("gap", -200, 200),
)
"""Everything, faults included."""
people = st.one_of(
    _drawn("edit", 0, len(EDITS) - 1),
    _drawn("by_hand", 0, 1),
    _drawn("resume", 0, 0),
    _drawn("stop", 0, 0),
    _drawn("take_back", 0, 0),
)
"""What people do to an account that trades."""
