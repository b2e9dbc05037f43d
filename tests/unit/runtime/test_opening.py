"""A life begins above every epoch seen, and with what the last one left."""

from datetime import UTC, datetime
from decimal import Decimal as D

from botapi.v1alpha1.status import (
    AccountStatus,
    AppliedParameters,
    Hold,
    RunnerReport,
    StrategyReport,
)
from botrunner.account_resource.reading import NOTHING, Wanted, read_text
from botrunner.domain.account import Wallet
from botrunner.domain.control import AccountRead, ReadOrder
from botrunner.domain.ids import OrderIdentity, encode
from botrunner.domain.side import Purpose, Side
from botrunner.runtime.opening import next_epoch, started
from botrunner.runtime.wakefulness import younger_orders
from unit.account_resource.test_reading import TEXT

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOON_MS = 1_767_268_800_000
WALLET = Wallet(
    equity=D(1),
    margin_balance=D(1),
    available=D(1),
    initial_margin=D(0),
    maintenance_margin=D(0),
    maintenance_margin_rate=D(0),
    unrealised_pnl=D(0),
    at=NOON,
)


def _read(*epochs: int) -> AccountRead:
    ids = [
        OrderIdentity(
            epoch=epoch,
            strategy="xrp",
            side=Side.LONG,
            purpose=Purpose.ENTRY,
            level=0,
            sequence=1,
        )
        for epoch in epochs
    ]
    orders = tuple(
        ReadOrder(
            order_id=encode(identity),
            symbol="XRPUSDT",
            side=Side.LONG,
            reduces=False,
            price=D(1),
            quantity=D(1),
            filled=D(0),
            is_open=True,
            created_at=NOON,
        )
        for identity in ids
    )
    return AccountRead(
        token=0, started_at=NOON, positions=(), open_orders=orders, wallet=WALLET, at=NOON
    )


def test_an_epoch_is_the_start_in_milliseconds_or_above_all_that_was_seen() -> None:
    """PR-8: a clock that was set back makes no runner the older one."""
    ahead = AccountStatus(runner=RunnerReport(epoch=NOON_MS + 500))

    assert next_epoch(NOON, None, ()) == NOON_MS
    assert next_epoch(NOON, ahead, ()) == NOON_MS + 501
    assert next_epoch(NOON, ahead, (_read(NOON_MS + 900, 5),)) == NOON_MS + 901


def test_orders_of_a_higher_epoch_are_told_as_opened() -> None:
    """PR-8: after standing still; orders of our own and of older lives say nothing."""
    (opened,) = younger_orders((_read(NOON_MS, NOON_MS + 1, NOON_MS - 1),), NOON_MS)

    assert opened.order_id == _read(NOON_MS + 1).open_orders[0].order_id


def test_values_that_wait_for_flat_and_holds_come_from_the_status() -> None:
    """GR-2, GR-35: recovery reads these, not the specification."""
    applied = AppliedParameters(leverage=D(20), initial_margin=D(3), averaging_multiplier=D("1.5"))
    report = StrategyReport(name="xrp", applied=applied, hold=Hold(id="h1", since=""))
    reading = read_text(TEXT, Wanted(name="alice", environment={}, started_with=None), NOTHING)
    assert reading.account is not None
    left = [reading.account.spec.strategies[0].model_copy(update={"name": "old"})]
    event = started(reading, left, AccountStatus(strategies=(report,)), None, NOON)

    assert event.applied["xrp"].leverage == 20
    assert event.holds == {"xrp": "h1"}
    assert [(s.name, s.retiring) for s in event.parameters.strategies] == [
        ("xrp", False),
        ("old", True),
    ]
