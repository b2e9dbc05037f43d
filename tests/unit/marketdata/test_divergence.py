"""MD-8: a feed is wrong when it is wrong twice running, two seconds apart."""

from decimal import Decimal

import pytest

from botrunner.marketdata.divergence import Pair, Suspicion


def pair(feed: str, venue: str = "100") -> Pair:
    return Pair(feed=Decimal(feed), venue=Decimal(venue))


HALF = Decimal("0.5")
WRONG, RIGHT = {"XRPUSDT": pair("101")}, {"XRPUSDT": pair("100")}


@pytest.mark.parametrize(
    ("feed", "venue", "does"),
    [
        ("100", "100", False),
        ("100.5", "100", False),
        ("100.51", "100", True),
        ("99.49", "100", True),
        ("0.00000100", "0.00000101", True),
    ],
)
def test_a_price_differs_beyond_half_a_percent(feed: str, venue: str, does: bool) -> None:
    assert pair(feed, venue).differs(HALF) is does


def test_twice_running_and_two_seconds_apart_it_is_wrong() -> None:
    suspicion = Suspicion(HALF)

    assert suspicion.compare(10.0, WRONG) == frozenset()
    assert suspicion.compare(12.0, WRONG) == {"XRPUSDT"}
    assert len(suspicion) == 0


def test_a_second_look_that_comes_too_soon_proves_nothing() -> None:
    suspicion = Suspicion(HALF)
    suspicion.compare(10.0, WRONG)

    assert suspicion.compare(10.1, WRONG) == frozenset()
    assert suspicion.compare(12.1, WRONG) == {"XRPUSDT"}


def test_one_agreement_between_ends_the_suspicion() -> None:
    suspicion = Suspicion(HALF)
    suspicion.compare(10.0, WRONG)
    suspicion.compare(11.0, RIGHT)

    assert len(suspicion) == 0
    assert suspicion.compare(12.0, WRONG) == frozenset()


def test_a_symbol_that_was_not_compared_stays_suspect_for_a_while_only() -> None:
    suspicion = Suspicion(HALF)
    suspicion.compare(10.0, WRONG)
    suspicion.compare(11.0, {})
    still = len(suspicion)
    suspicion.compare(20.0, {})

    assert (still, len(suspicion)) == (1, 0)
