"""GR-31 at a venue that cannot amend: cancelled and placed anew, exits first, never uncovered."""

from decimal import Decimal

import pytest

from botrunner.domain.actions import AmendOrder, CancelOrder, PlaceOrder
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.domain.traits import VenueTraits
from support.engine_drive import XRP, Drive, Fault, started
from support.grid_rules import broken_rules

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT
BOTH = VenueTraits(amends=False)
ONE = VenueTraits(amends=False, two_exits=False)
ZERO = Decimal(0)
PATH = ("0.99", "0.9896", "0.9801", "0.9961", "1.02", "0.97", "1.0")


def resting_exit(drive: Drive, side: Side) -> Decimal:
    """What the largest exit of a side would close; a smaller one beside it is on its way out."""
    return max((Decimal(quantity) for _, quantity, _ in drive.resting(side, EXIT)), default=ZERO)


@pytest.mark.parametrize("traits", [BOTH, ONE])
def test_the_same_orders_rest_as_where_amending_is_possible(traits: VenueTraits) -> None:
    """GR-20, GR-31: another way, the same end."""
    drive, amending = started(traits=traits), started()
    for price in PATH:
        for each in (drive, amending):
            each.move(price)
            each.settle(3)

        assert broken_rules(drive) == []
        for side in SIDES:
            assert drive.resting(side) == amending.resting(side)
            assert drive.resting(side, EXIT) == amending.resting(side, EXIT)

    assert not any(isinstance(action, AmendOrder) for action in drive.sent())
    assert any(isinstance(action, AmendOrder) for action in amending.sent())


def test_a_side_is_never_without_its_old_exit_before_the_new_one_rests() -> None:
    """GR-31, GR-34: at every moment as much is covered as was before the fill."""
    drive = started(traits=BOTH)
    covered: dict[Side, Decimal] = {}

    def look(seen: Drive) -> None:
        for side in SIDES:
            position = seen.venue.held.get((XRP, side))
            held = position.quantity if position else ZERO
            assert resting_exit(seen, side) >= min(covered.get(side, ZERO), held)
            covered[side] = min(resting_exit(seen, side), held)

    drive.after_step = look
    for price in PATH:
        drive.move(price)
        drive.settle(3)

    assert broken_rules(drive) == []


def test_a_second_exit_that_is_refused_has_the_first_one_go_before_it() -> None:
    """GR-31: "if the exchange allows both, otherwise after"; nothing is waited for in between."""
    drive = started(traits=BOTH)
    drive.faults.append(Fault.REJECTED)
    first = drive.order_at(LONG, 0, EXIT).order_id
    (fill, *rest) = drive.venue.fill_part(drive.order_at(LONG, 1).order_id, Decimal(150))
    since = drive.venue.now
    drive.tell(fill, *rest)

    assert drive.resting(LONG, EXIT)[0][1] == "225"
    assert (drive.venue.now - since).total_seconds() < 1
    sent = [a for a in drive.sent() if getattr(a, "order_id", "") == first or _is_exit(a)]
    assert isinstance(sent[-2], CancelOrder) and sent[-2].order_id == first
    assert isinstance(sent[-1], PlaceOrder)


def _is_exit(action: object) -> bool:
    return isinstance(action, PlaceOrder) and (action.side, action.purpose) == (LONG, EXIT)


def test_an_entry_moves_by_cancel_and_a_new_order_that_asks_for_its_money() -> None:
    """GR-13, GR-22: an opening that does not fill follows the market."""
    drive = started(traits=ONE)
    drive.move("0.9896")
    drive.settle(2)
    entries = [a for a in drive.sent() if isinstance(a, PlaceOrder) and a.purpose is not EXIT]

    assert len({each.order_id for each in entries}) == len(entries)
    assert not any(isinstance(action, AmendOrder) for action in drive.sent())
    assert broken_rules(drive) == []


def test_a_lost_cancel_of_the_old_exit_is_resolved_and_leaves_one() -> None:
    """EX-2, GR-31."""
    drive = started(traits=BOTH)
    drive.lost.append(True)
    drive.stream = True
    drive.move("0.99")
    drive.settle(10)

    assert len(drive.resting(LONG, EXIT)) == 1
    assert broken_rules(drive) == []
