"""What an account earned and paid, over restarts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

from botapi.v1alpha1.status import AccountReport, AccountStatus, PositionReport, RunnerReport
from botapi.v1alpha1.status import Side as ReportedSide
from botrunner.domain.events import FundingSettled, OrderFilled
from botrunner.domain.side import Side
from botrunner.runtime.totals import Totals, totals_from

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FILL = OrderFilled(
    order_id="tf",
    execution_id="e1",
    symbol="XRPUSDT",
    side=Side.LONG,
    reduces=False,
    quantity=D(3),
    price=D("1.1"),
    fee=D("0.01"),
    at=NOON + SECOND,
)


def test_parts_of_a_close_add_up_to_the_last_digit() -> None:
    """1/3 has no end in decimals; the cost of the parts is the cost of the whole."""
    totals = Totals(since=NOON)
    totals.filled(FILL)
    totals.filled(replace(FILL, execution_id="e2", quantity=D(4), price=D("1.3")))
    out = replace(FILL, reduces=True, price=D("1.5"))
    for number, quantity in enumerate((D(1), D(2), D(4))):
        totals.filled(replace(out, execution_id=f"x{number}", quantity=quantity))

    assert totals.realised == D("1.5") * 7 - D("3.3") - D("5.2")
    assert (totals.fees, totals.holdings["XRPUSDT", Side.LONG].is_flat) == (D("0.05"), True)


def test_a_part_of_a_close_is_booked_as_the_venue_books_it() -> None:
    """To 8 decimals, half to even; what the rounding took is in the next part."""
    totals = Totals(since=NOON)
    totals.filled(replace(FILL, quantity=D(7), price=D("1.1")))
    totals.filled(replace(FILL, execution_id="e2", quantity=D(4), price=D("1.3")))
    out = replace(FILL, reduces=True, price=D("1.5"))
    first = totals.filled(replace(out, execution_id="x1", quantity=D(3)))
    second = totals.filled(replace(out, execution_id="x2", quantity=D(8)))

    assert first == D("0.98181818")
    assert second == D("16.5") - D("7.7") - D("5.2") - D("0.98181818")


def test_a_short_gains_when_the_price_falls() -> None:
    totals = Totals(since=NOON)
    totals.filled(replace(FILL, side=Side.SHORT))
    closing = replace(FILL, side=Side.SHORT, reduces=True, execution_id="e2", price=D(1))

    assert totals.filled(closing) == D("0.3")


def test_an_execution_counts_once_and_what_was_before_never() -> None:
    totals = Totals(since=NOON)
    first, again = totals.filled(FILL), totals.filled(FILL)
    old = totals.filled(replace(FILL, execution_id="e0", at=NOON))

    assert (first, again, old) == (D(0), None, None)
    assert totals.fees == D("0.01")


def test_the_next_life_goes_on_from_the_report() -> None:
    """KU-3: the sums, the holdings, and no fill twice."""
    status = AccountStatus(
        account=AccountReport(realised_pnl=D(5), fees=D(2), funding=D(-1)),
        positions=(
            PositionReport(
                strategy="xrp",
                symbol="XRPUSDT",
                side=ReportedSide.LONG,
                quantity=D(3),
                entry_price=D("1.1"),
            ),
        ),
        runner=RunnerReport(last_report=NOON + SECOND),
    )
    totals = totals_from(status, NOON + 9 * SECOND)
    close = replace(FILL, reduces=True, price=D("1.2"), execution_id="e9", at=NOON + 5 * SECOND)

    assert totals.filled(FILL) is None
    assert totals.filled(close) == D("0.3")
    assert totals.net == D("5.3") - D("2.01") - D(1)


def test_funding_counts_once_received_is_positive() -> None:
    totals = Totals(since=NOON)
    settled = FundingSettled(
        symbol="XRPUSDT", side=Side.LONG, paid=D("-0.4"), execution_id="f1", at=NOON + SECOND
    )
    totals.settled(settled)
    totals.settled(settled)

    assert totals.funding == D("0.4")
