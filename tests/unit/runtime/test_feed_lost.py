"""A lost feed is told in MarketDataReady, and keeps nobody from trading (MD-6, KU-3)."""

from pathlib import Path

import pytest

from botapi.conditions import Condition, ConditionType
from botrunner.exchanges.market_data import Source
from botrunner.exchanges.port import FeedReported, PricesReported
from botrunner.runtime.conditions import conditions
from botrunner.runtime.hearing import Hearing
from botrunner.runtime.journal import Journal
from botrunner.runtime.surroundings import Surroundings
from botrunner.service.clock import SystemClock
from botrunner.service.logs import Log, LogFiles
from botrunner.service.meters import Meters
from support.engine_drive import NOON, XRP, Drive, started


@pytest.fixture
def around() -> Surroundings:
    return Surroundings(account="alice", version="test", started=NOON, uid="1")


@pytest.fixture
def hearing(around: Surroundings, tmp_path: Path) -> Hearing:
    clock = SystemClock()
    files = LogFiles.below(tmp_path)
    log = Log("alice", files, clock, lambda record, text: None, lambda text: text)
    return Hearing(around, Journal(log), Meters())


def lost(symbol: str = XRP) -> FeedReported:
    return FeedReported(symbol=symbol, is_used=False, reason="it is silent", at=NOON)


def used(symbol: str = XRP) -> FeedReported:
    return FeedReported(symbol=symbol, is_used=True, reason="", at=NOON)


def market_data(drive: Drive, around: Surroundings) -> Condition:
    found = conditions(drive.engine.state, around, ())
    return next(each for each in found if each.type == ConditionType.MARKET_DATA_READY)


def test_prices_past_a_lost_feed_are_told_with_the_reason(
    hearing: Hearing, around: Surroundings
) -> None:
    drive = started()
    hearing.hear(lost())
    told = market_data(drive, around)

    assert (told.status, told.reason) == ("True", "FeedLost")
    assert "XRPUSDT: it is silent" in told.message


def test_a_feed_that_is_used_again_is_news_no_more(hearing: Hearing, around: Surroundings) -> None:
    drive = started()
    hearing.hear(lost())
    hearing.hear(used())

    assert market_data(drive, around).reason == "AsExpected"


def test_the_feed_of_a_symbol_that_nothing_trades_does_not_matter(
    hearing: Hearing, around: Surroundings
) -> None:
    drive = started()
    hearing.hear(lost("BTCUSDT"))

    assert market_data(drive, around).reason == "AsExpected"


def test_polling_says_more_than_the_feed_that_is_lost(
    hearing: Hearing, around: Surroundings
) -> None:
    drive = started()
    hearing.hear(lost())
    hearing.hear(PricesReported(symbol=XRP, source=Source.REST, at=NOON))

    assert market_data(drive, around).reason == "PollingDegraded"
