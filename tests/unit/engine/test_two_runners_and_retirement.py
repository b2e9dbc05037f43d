"""PR-8, KU-27, GR-52: another runner, a strategy that leaves, a runner that ends."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from botrunner.domain import events as ev
from botrunner.domain.actions import Notify, PlaceOrder
from botrunner.domain.control import EpochClaimed, ParametersChanged, RunnerEnding
from botrunner.domain.ids import OrderIdentity, decode, encode
from botrunner.domain.parameters import AccountParameters, OnRemove
from botrunner.domain.side import Purpose, Side
from botrunner.engine.strangers import LOWER_EPOCH_QUIET
from support.engine_drive import EPOCH, XRP, Drive, account, started
from support.grid_rules import broken_rules

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT


def order_of(drive: Drive, epoch: int) -> ev.OrderOpened:
    """The stream shows an order that another runner has just placed."""
    identity = OrderIdentity(
        epoch=epoch, strategy="xrp", side=LONG, purpose=Purpose.ENTRY, level=5, sequence=1
    )
    at = drive.venue.tick()
    return ev.OrderOpened(
        order_id=encode(identity),
        at=at,
        symbol=XRP,
        side=LONG,
        reduces=False,
        quantity=Decimal(10),
        price=Decimal("0.5"),
        filled=Decimal(0),
        created_at=at,
    )


def test_a_runner_that_sees_a_higher_epoch_stops_sending_at_once_and_says_why() -> None:
    """PR-8."""
    drive = started()
    generation = drive.engine.state.generation
    drive.tell(order_of(drive, EPOCH + 5))
    before = len(drive.venue.requests)
    drive.move("0.99")
    drive.settle(10)

    assert len(drive.venue.requests) == before
    assert "HigherEpoch" in drive.notices()
    assert drive.engine.state.generation > generation
    assert all(
        isinstance(action, Notify) for outcome in drive.outcomes[-5:] for action in outcome.actions
    )


def test_a_status_that_names_a_higher_epoch_ends_the_sending_too() -> None:
    """PR-8: before the successor has sent one order."""
    drive = started()
    drive.tell(EpochClaimed(epoch=EPOCH + 5, at=drive.venue.now))
    before = len(drive.venue.requests)
    drive.move("0.99")
    drive.settle(10)

    assert len(drive.venue.requests) == before
    assert drive.notices().count("HigherEpoch") == 1


def test_a_status_that_names_this_epoch_or_an_older_one_changes_nothing() -> None:
    """PR-8: the claim that this runner or its predecessor made itself."""
    drive = started()
    for epoch in (EPOCH, EPOCH - 5):
        drive.tell(EpochClaimed(epoch=epoch, at=drive.venue.now))
    drive.move("0.99")

    assert drive.resting(LONG) != []
    assert "HigherEpoch" not in drive.notices()


def test_the_higher_epoch_holds_entries_while_the_lower_one_still_sends() -> None:
    """PR-8: exits go on."""
    drive = started()
    drive.tell(order_of(drive, EPOCH - 5))
    drive.move("0.99")

    assert drive.resting(LONG) == []
    assert drive.resting(LONG, EXIT)[0][1] == "225"

    drive.venue.now += LOWER_EPOCH_QUIET + timedelta(seconds=1)
    drive.settle(3)

    assert broken_rules(drive) == []


def test_orders_that_an_earlier_life_left_resting_hold_nothing() -> None:
    """PR-8: only orders newer than our own start do."""
    drive = started()
    drive.restart()
    drive.move("0.99")

    assert drive.engine.state.lower_epoch_until is None
    assert broken_rules(drive) == []


def without_strategies(drive: Drive, on_remove: OnRemove) -> None:
    parameters = AccountParameters(strategies=(), on_remove=on_remove)
    drive.tell(ParametersChanged(at=drive.venue.now, parameters=parameters))


def test_a_removed_strategy_keeps_its_exits_until_flat() -> None:
    """KU-27: KeepExits."""
    drive = started()
    drive.move("0.99")
    without_strategies(drive, OnRemove.KEEP_EXITS)

    assert drive.resting(LONG) == drive.resting(SHORT) == []
    assert drive.resting(LONG, EXIT)[0][1] == "225"

    drive.move("0.9896")
    drive.move("1.02")
    drive.settle(2)

    assert drive.venue.positions() == []
    assert drive.engine.state.runs == {}


def test_a_removed_strategy_can_be_closed_at_the_market() -> None:
    """KU-27: Flatten."""
    drive = started()
    drive.move("0.99")
    without_strategies(drive, OnRemove.FLATTEN)
    drive.settle(5)

    assert drive.venue.positions() == []
    assert drive.venue.open_orders() == []
    assert drive.engine.state.runs == {}


def test_a_strategy_that_was_retiring_still_is_after_a_restart() -> None:
    """KU-27: a retiring one stays until flat."""
    drive = started()
    drive.move("0.99")
    (strategy,) = account().strategies
    drive.parameters = account(replace(strategy, retiring=True))
    drive.restart()
    drive.settle(2)

    assert drive.resting(LONG) == drive.resting(SHORT) == []
    assert drive.resting(LONG, EXIT)[0][1] == "225"


def test_a_runner_that_ends_decides_nothing_more_and_leaves_orders_resting() -> None:
    """GR-52."""
    drive = started()
    drive.tell(RunnerEnding(at=drive.venue.now))
    resting = drive.resting(LONG), drive.resting(SHORT)
    before = len(drive.venue.requests)
    drive.move("0.99")

    assert len(drive.venue.requests) == before
    assert drive.resting(SHORT) == resting[1]


def test_no_id_is_used_twice_in_an_epoch() -> None:
    """EX-3."""
    drive = started()
    drive.move("0.99")
    ids = [action.order_id for action in drive.sent() if isinstance(action, PlaceOrder)]
    decoded = [decode(order_id) for order_id in ids]

    assert len(set(ids)) == len(ids)
    assert all(identity is not None and identity.epoch == EPOCH for identity in decoded)
