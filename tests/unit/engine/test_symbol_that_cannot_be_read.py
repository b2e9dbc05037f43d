"""KU-27, KU-1: a strategy of a symbol that the venue does not list, taken out of the list again."""

from dataclasses import replace

from botrunner.domain.control import ParametersChanged, RunnerStarted
from botrunner.domain.parameters import AccountParameters, StrategyParameters
from botrunner.domain.side import Side
from support.engine_drive import EPOCH, Drive, account, grid, started

TYPO = StrategyParameters(name="typo", symbol="NOSUCHUSDT", grid=grid())


def edited(drive: Drive, parameters: AccountParameters) -> None:
    """People want this now; what only needs time happens."""
    drive.tell(ParametersChanged(at=drive.venue.now, parameters=parameters))
    drive.settle(60)


def test_a_strategy_that_never_began_is_gone_once_the_account_shows_nothing_of_it() -> None:
    drive = started()
    (good,) = account().strategies
    edited(drive, account(good, TYPO))
    both = list(drive.engine.state.runs)
    edited(drive, account(good))

    assert both == ["xrp", "typo"]
    assert list(drive.engine.state.runs) == ["xrp"]
    assert drive.resting(Side.LONG) == [(1, "150", "0.99")]


def test_a_retiring_strategy_with_a_position_waits_until_its_symbol_can_be_read() -> None:
    """After a restart the steps may be late: the exits that rest are still its own."""
    drive = started()
    drive.move("0.99")
    (strategy,) = account().strategies
    parameters = account(replace(strategy, retiring=True))
    later = Drive(venue=drive.venue, parameters=parameters, epoch=EPOCH + 1)
    later.tell(RunnerStarted(at=drive.venue.now, parameters=parameters))
    later.settle(60)

    assert list(later.engine.state.runs) == ["xrp"]
