"""The table of the venue's codes (EX-11, BY-8)."""

import pytest

from botrunner.engine.state import ERRORS_THAT_COUNT
from botrunner.exchanges.bybit import codes
from botrunner.exchanges.outcome import Failure, Operation, Repeat, refusal_of


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (10003, Failure.CREDENTIALS),
        (33004, Failure.CREDENTIALS),
        (10002, Failure.CLOCK),
        (10001, Failure.PARAMETER),
        (110094, Failure.PARAMETER),
        (110007, Failure.MONEY),
        (110001, Failure.GONE),
        (110017, Failure.GONE),
        (110072, Failure.DUPLICATE),
        (110043, Failure.UNCHANGED),
        (110025, Failure.UNCHANGED),
        (10006, Failure.THROTTLED),
        (10016, Failure.SERVER),
        (170131, Failure.UNMAPPED),
    ],
)
def test_a_code_has_one_class(code: int, failure: Failure) -> None:
    assert codes.problem_of(code, "words").failure is failure


def test_every_row_says_what_the_code_means() -> None:
    assert all(row.description for row in codes.CODES.values())


def test_every_code_about_a_key_needs_a_person_and_says_what_to_do() -> None:
    """BY-8: such codes clear ``CredentialsReady`` with a description and a remedy."""
    keys = {code: row for code, row in codes.CODES.items() if row.failure is Failure.CREDENTIALS}

    assert all(codes.needs_person(code) and row.remedy for code, row in keys.items())
    assert not codes.needs_person(110007)
    assert not codes.needs_person(None)


def test_no_refusal_of_a_placement_but_limits_and_clock_is_repeated() -> None:
    repeated = {
        code for code, row in codes.CODES.items() if row.repeat(Operation.PLACE) is not Repeat.NEVER
    }

    assert repeated == {10002, 10006}


def test_an_amendment_to_what_the_order_is_counts_as_unchanged() -> None:
    text = "The order remains unchanged as the parameters entered match the existing ones."

    assert codes.problem_of(10001, text).failure is Failure.UNCHANGED


def test_an_order_of_another_position_mode_is_told_apart_from_a_wrong_parameter() -> None:
    problem = codes.problem_of(10001, "position idx not match position mode")

    assert problem.failure is Failure.POSITION_MODE
    assert "one-way mode" in str(problem)
    assert refusal_of(problem.failure) not in ERRORS_THAT_COUNT


def test_a_problem_carries_the_venues_words_our_meaning_and_the_remedy() -> None:
    problem = codes.problem_of(110007, "ab not enough for new order")

    assert str(problem) == (
        "110007 ab not enough for new order: the available balance is too small "
        "(add money or lower the size)"
    )


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (403, Failure.BANNED),
        (429, Failure.SERVER),
        (500, Failure.SERVER),
        (503, Failure.SERVER),
        (404, Failure.UNMAPPED),
    ],
)
def test_an_http_status_has_a_class(status: int, failure: Failure) -> None:
    assert codes.problem_of_status(status).failure is failure


@pytest.mark.parametrize(("code", "passing"), [(10016, True), (10003, False), (None, False)])
def test_a_sign_in_refused_by_an_unwell_venue_may_succeed_later(
    code: int | None, passing: bool
) -> None:
    assert codes.is_passing(code) is passing
