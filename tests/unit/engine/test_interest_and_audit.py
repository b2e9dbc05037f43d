"""What would wake the engine, and what a step leaves behind as plain data."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botrunner.domain import events as ev
from botrunner.domain.market import Quote
from botrunner.engine.audit import plain
from support.engine_drive import XRP, Drive, Fault, started


def quoted(drive: Drive, price: Decimal) -> ev.QuoteChanged:
    quote = Quote(bid=price, ask=price, last=price, mark=price, at=drive.venue.now)
    return ev.QuoteChanged(symbol=XRP, quote=quote)


def quiet(cash: str = "60") -> Drive:
    drive = started(cash=cash)
    for price in ("0.99", "0.9801"):
        drive.move(price)
    return drive


@given(st.decimals("0.0001", "0.9999", places=4))
def test_no_price_inside_the_band_makes_the_engine_act(share: Decimal) -> None:
    """Interest: a backtest may skip what lies between."""
    drive = quiet()
    (band,) = drive.engine.interest().bands
    price = band.low + (band.high - band.low) * share
    outcome = drive.engine.process(quoted(drive, price))

    assert outcome.actions == ()
    assert drive.engine.state.stop is None


def test_a_band_gets_narrower_the_closer_the_margin_is() -> None:
    rich, poor = quiet("100000"), quiet("40")
    (wide,), (narrow,) = rich.engine.interest().bands, poor.engine.interest().bands

    assert wide.low < narrow.low < narrow.high < wide.high


def test_every_price_is_of_interest_while_something_waits_for_one() -> None:
    drive = started()
    drive.faults.append(Fault.REJECTED)
    drive.move("0.99")
    (band,) = drive.engine.interest().bands

    assert band.low == band.high


def test_the_wake_up_is_the_next_thing_that_time_alone_changes() -> None:
    drive = started()
    wake_at = drive.outcomes[-1].wake_at

    assert wake_at is not None
    assert drive.venue.now < wake_at
    assert drive.engine.interest().wake_at == wake_at


def test_time_alone_never_makes_the_engine_spin() -> None:
    """Each wake-up lies ahead, also while reads stay unanswered."""
    drive = quiet()
    drive.answer_reads = drive.answer_wallet = False
    wakes = []
    for _ in range(200):
        wake_at = drive.outcomes[-1].wake_at
        assert wake_at is not None
        assert wake_at > drive.engine.state.now
        drive.venue.now = wake_at
        drive.tell(ev.TimerFired(at=wake_at))
        wakes.append(wake_at)

    assert (wakes[-1] - wakes[0]).total_seconds() > 60


def test_every_step_is_plain_data_with_its_number() -> None:
    drive = quiet()
    lines = [json.loads(json.dumps(plain(outcome.audit))) for outcome in drive.outcomes]

    assert [line["sequence"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0]["event"]["type"] == "RunnerStarted"
    placed = next(a for line in lines for a in line["actions"] if a["type"] == "Approved")
    assert placed["action"]["type"] == "PlaceOrder"
    assert placed["action"]["price"] == "1.00"
    assert placed["priority"] == 2


def test_a_refusal_is_on_the_record_with_its_reason() -> None:
    drive = quiet("12")
    refusals = [refusal for outcome in drive.outcomes for refusal in outcome.audit.refusals]

    assert any(refusal["reason"] == "Money" and refusal["message"] for refusal in refusals)


def test_an_event_that_is_none_is_refused() -> None:
    drive = started()
    with pytest.raises(TypeError, match="not an event: Wallet"):
        drive.engine.process(drive.venue.wallet())  # type: ignore[arg-type] # no event, on purpose
