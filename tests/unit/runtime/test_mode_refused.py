"""What TradingEnabled says while the exchange refuses a setting (GR-10)."""

from decimal import Decimal

from botapi.conditions import Condition, ConditionType
from botrunner.domain.control import Setting
from botrunner.runtime.conditions import conditions
from botrunner.runtime.surroundings import Surroundings
from support.engine_drive import NOON, XRP, Drive, Fault, account
from support.grid_venue import GridVenue


def _enabled(drive: Drive) -> Condition:
    around = Surroundings(account="alice", version="1", started=NOON, uid="1001")
    said = conditions(drive.engine.state, around, ())
    return next(each for each in said if each.type == ConditionType.TRADING_ENABLED.value)


def _drive() -> Drive:
    return Drive(venue=GridVenue(now=NOON, prices={XRP: Decimal(1)}), parameters=account())


def test_a_refused_margin_mode_is_named_though_no_balance_can_be_read() -> None:
    """As under isolated margin with positions open."""
    drive = _drive()
    drive.answer_wallet = drive.answer_reads = False
    drive.refused_settings[Setting.CROSS_MARGIN] = "110073 close positions and orders"
    drive.start()
    drive.tell(drive.venue.read_symbol(drive.run.token, XRP))
    enabled = _enabled(drive)

    assert drive.engine.state.wallet is None
    assert enabled.reason == "ModeRefused"
    assert enabled.message == "crossMargin of XRPUSDT: 110073 close positions and orders"


def test_a_mode_that_does_not_hold_is_named_with_the_remedy_until_it_does() -> None:
    drive = _drive()
    drive.faults.extend([Fault.WRONG_MODE] * 4)
    drive.start()
    drive.settle(3)
    refused = _enabled(drive)
    drive.settle(40)

    assert refused.reason == "ModeRefused"
    assert "set hedge mode" in refused.message
    assert _enabled(drive).reason == "AsExpected"
