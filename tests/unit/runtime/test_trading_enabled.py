"""TradingEnabled says whether new exposure may be added, and names what is missing (PR-12)."""

from datetime import timedelta

import pytest

from botapi.conditions import ConditionType
from botrunner.domain.control import Block, BlockSet, PositionsUnreadable, PrivateStreamRestored
from botrunner.domain.side import Side
from botrunner.runtime.status import build_status
from botrunner.runtime.surroundings import Surroundings
from botrunner.runtime.totals import Totals
from support.engine_drive import NOON, Drive, started

_AROUND = Surroundings(account="alice", version="test", started=NOON, uid="1")


@pytest.fixture
def drive() -> Drive:
    """A grid that trades."""
    return started()


def said(drive: Drive) -> tuple[str, str, str]:
    """Status, reason and message."""
    status = build_status(drive.engine.state, _AROUND, Totals(since=NOON), None)
    condition = status.condition(ConditionType.TRADING_ENABLED)
    assert condition is not None
    return condition.status, condition.reason, condition.message


def test_a_balance_that_was_not_read_for_a_minute_is_told(drive: Drive) -> None:
    """PR-2: a balance that cannot be read blocks trading."""
    read_at = drive.venue.now
    drive.answer_reads = drive.answer_wallet = False
    heard = []
    for _ in range(62):
        drive.wait(1)
        heard.append(said(drive)[:2])
    text = said(drive)[2]
    drive.answer_reads = drive.answer_wallet = True
    drive.settle(6)

    assert heard[58] == ("True", "AsExpected")
    assert heard[-1] == ("False", "OutOfSync")
    assert "the balance was not read since" in text
    assert f"{read_at:%H:%M}" in text
    assert said(drive)[0] == "True"


def test_an_order_that_is_missing_is_told_with_its_symbol(drive: Drive) -> None:
    """EX-9: no new exposure on the symbol meanwhile."""
    order_id = drive.order_at(Side.LONG, 1).order_id
    order = drive.venue.orders.pop(order_id)
    drive.wait(1)
    drive.tell(PrivateStreamRestored(at=drive.venue.now))
    status, reason, text = said(drive)
    drive.venue.orders[order_id] = order
    drive.settle(3)

    assert (status, reason) == ("False", "OutOfSync")
    assert "XRPUSDT" in text
    assert said(drive)[0] == "True"


def test_positions_that_cannot_be_read_are_told_where_none_are_held() -> None:
    """RI-9: TradingEnabled=False with the reason; with positions it is a stop."""
    drive = started(cash="1")
    drive.answer_reads = False
    drive.tell(PositionsUnreadable(at=drive.venue.now, message="10016 service unavailable"))

    assert said(drive)[:2] == ("False", "OutOfSync")
    assert "10016" in said(drive)[2]


def test_another_obstacle_keeps_its_own_words_while_positions_cannot_be_read() -> None:
    """Each reason comes with its own remedy."""
    drive = started(cash="1")
    drive.answer_reads = False
    at = drive.venue.now + timedelta(milliseconds=1)
    drive.tell(
        PositionsUnreadable(at=at, message="10016 service unavailable"),
        BlockSet(at=at, block=Block.CLOCK),
    )

    assert said(drive)[1] == "ClockSkew"
    assert "10016" not in said(drive)[2]
