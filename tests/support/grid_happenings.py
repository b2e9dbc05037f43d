"""What can happen to an account, as data: drawn by hypothesis, applied to a drive."""

from collections.abc import Callable
from decimal import Decimal

from hypothesis import strategies as st

from botrunner.domain.control import PrivateStreamLost, PrivateStreamRestored
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


HAPPENINGS: dict[str, Callable[[Drive, int, int], None]] = {
    each.__name__: each
    for each in (move, part, wait, funding, fault, restart, crash, swap, lose, gap)
}


def happen(drive: Drive, happening: Happening) -> None:
    """Let it happen, with everything that follows at once."""
    name, first, second = happening
    HAPPENINGS[name](drive, first, second)


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
