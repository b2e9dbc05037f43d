"""GR-23 step by step, on the engine, with the specification's numbers."""

from decimal import Decimal

from botrunner.domain.side import Purpose, Side
from support.engine_drive import started

LONG, SHORT, EXIT = Side.LONG, Side.SHORT, Purpose.TAKE_PROFIT


def test_both_sides_open_at_the_market_and_the_next_levels_rest() -> None:
    """GR-23, start: 75 each side; long rests 150 at 0.99, short 150 at 1.01."""
    drive = started("1.00")

    assert drive.run.grid.long.holding.quantity == 75
    assert drive.run.grid.short.holding.quantity == 75
    assert drive.resting(LONG) == [(1, "150", "0.99")]
    assert drive.resting(SHORT) == [(1, "150", "1.01")]


def test_the_life_of_the_specification_step_by_step() -> None:
    """GR-23."""
    drive = started("1.00")

    drive.move("0.99")

    assert drive.resting(LONG) == [(2, "300", "0.9801")]
    assert drive.resting(SHORT) == [(1, "150", "1.01"), (2, "300", "1.0201")]
    assert drive.resting(SHORT, EXIT) == [(0, "75", "0.9896")]

    drive.move("0.9896")

    assert drive.run.grid.short.level(0) is not None
    assert drive.resting(SHORT) == [(1, "150", "0.9995"), (2, "300", "1.0095")]

    drive.move("0.9801")

    assert drive.resting(LONG) == [(3, "600", "0.9702")]
    assert drive.resting(SHORT) == [
        (1, "150", "0.9995"),
        (2, "300", "1.0095"),
        (3, "600", "1.0196"),
    ]
    holding = drive.run.grid.long.holding
    assert (holding.quantity, holding.notional, holding.fees) == (
        Decimal(525),
        Decimal("517.53"),
        Decimal("0.103506"),
    )
    assert round(holding.average_price, 5) == Decimal("0.98577")
    assert drive.resting(LONG, EXIT) == [(0, "525", "0.9961")]

    drive.move("0.9961")

    assert drive.run.grid.long.holding.quantity == 75
    assert drive.run.grid.long.level(0) is not None
    assert drive.resting(LONG) == [(1, "150", "0.9861")]
    assert drive.resting(SHORT) == [(1, "150", "0.9995")]
