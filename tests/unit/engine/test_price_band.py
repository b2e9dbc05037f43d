"""GR-4: a level beyond the venue's moving price band waits, on both sides, and follows the band."""

from dataclasses import replace
from decimal import Decimal

import pytest

from botrunner.domain.control import InstrumentRead
from botrunner.domain.side import Side
from botrunner.engine.depth import last_placeable
from botrunner.risk.limits import check_band
from botrunner.risk.verdict import Reason
from support.engine_drive import XRP, Drive, account, grid, started
from support.grid_contract import instrument
from support.grid_rules import broken_rules

LONG, SHORT = Side.LONG, Side.SHORT
NARROW = replace(
    instrument(), price_limit_ratio_x=Decimal("0.005"), price_limit_ratio_y=Decimal("0.01")
)


@pytest.mark.parametrize(
    ("side", "price", "is_refused"),
    [
        (LONG, "1.005", False),
        (LONG, "1.0051", True),
        (LONG, "0.5", False),
        (SHORT, "0.995", False),
        (SHORT, "0.9949", True),
        (SHORT, "1.5", False),
    ],
)
def test_the_band_ends_on_the_side_that_would_trade(
    side: Side, price: str, is_refused: bool
) -> None:
    """GR-4: the highest buy and the lowest sell; the passive side is open."""
    refused = check_band(side, Decimal(price), NARROW, Decimal(1))

    assert (refused is not None) is is_refused
    assert refused is None or refused.reason is Reason.PRICE


@pytest.mark.parametrize("mark", ["0.4321", "1", "77.7"])
@pytest.mark.parametrize("index", ["0.9", "1", "1.1"])
def test_the_band_never_reaches_beyond_the_venues_own(mark: str, index: str) -> None:
    """GR-4: by the venue's formula at no premium, wherever the index stands."""
    value, near, far = Decimal(mark), Decimal("0.005"), Decimal("0.01")
    highest = min(value * (1 + far), max(value * Decimal(index), value * (1 + near)))
    lowest = max(value * (1 - far), min(value * Decimal(index), value * (1 - near)))

    assert NARROW.highest_buy(value) <= highest
    assert NARROW.lowest_sell(value) >= lowest


def fall(drive: Drive, price: str) -> None:
    """The price jumps: level 1 fills at its own price, and the book is far below the next."""
    happened = drive.venue.move(XRP, Decimal(price))
    drive.venue.tick()
    drive.tell(drive.venue.quote(XRP), *happened)


def test_a_level_beyond_the_band_waits_on_both_sides_and_says_so() -> None:
    """GR-4: Starved, reason Price; lastPlaceableLevel and message tell which is the last."""
    drive = started()
    drive.tell(InstrumentRead(at=drive.venue.now, instrument=NARROW, fees=drive.venue.fees))
    fall(drive, "0.97")

    assert drive.run.reason is Reason.PRICE
    assert "band" in drive.run.message
    assert drive.run.grid.long.highest == 1
    assert [row[0] for row in drive.resting(LONG)] == []
    assert max(row[0] for row in drive.resting(SHORT)) == 1
    assert last_placeable(drive.engine.state, drive.run) == 1
    assert drive.notices().count("Price") == 1


def test_the_level_follows_the_band_by_a_price_alone() -> None:
    """GR-4: as soon as the mark lets it in, it is placed; nothing else has to happen."""
    drive = started()
    drive.tell(InstrumentRead(at=drive.venue.now, instrument=NARROW, fees=drive.venue.fees))
    fall(drive, "0.97")
    assert drive.run.reason is Reason.PRICE
    drive.venue.prices[XRP] = Decimal("0.9790")
    drive.tell(drive.venue.quote(XRP))

    assert drive.run.reason is None
    assert drive.run.grid.long.highest == 2
    assert broken_rules(drive) == []


def test_a_level_that_the_band_keeps_out_is_no_breach() -> None:
    """GR-3: inequality for the reason Price is reported, and no stop."""
    drive = started()
    drive.tell(InstrumentRead(at=drive.venue.now, instrument=NARROW, fees=drive.venue.fees))
    fall(drive, "0.97")
    drive.settle(90)

    assert drive.run.reason is Reason.PRICE
    assert drive.engine.state.stop is None


def test_the_last_placeable_level_is_known_before_it_is_reached() -> None:
    """GR-4: 75 * 2^n is above a maximum of 1,000 from level 4 on."""
    drive = started(parameters=account(of=grid()))
    small = replace(instrument(), max_quantity=Decimal(1000))
    drive.tell(InstrumentRead(at=drive.venue.now, instrument=small, fees=drive.venue.fees))

    assert last_placeable(drive.engine.state, drive.run) == 3


def test_without_a_limit_in_the_way_the_last_level_is_the_highest() -> None:
    """GR-4."""
    drive = started(parameters=account(of=grid(levels=7)))

    assert last_placeable(drive.engine.state, drive.run) == 7
