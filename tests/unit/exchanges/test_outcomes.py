"""What failed requests come to, and which may be sent again (EX-2, EX-4, EX-11)."""

from datetime import UTC, datetime

import pytest

from botrunner.domain import events
from botrunner.domain.events import RefusalClass
from botrunner.exchanges.bybit.writes import not_amended, not_cancelled, not_placed
from botrunner.exchanges.errors import (
    CredentialsRefusedError,
    ExchangeError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    error_for,
)
from botrunner.exchanges.outcome import (
    Failure,
    Operation,
    Outcome,
    Problem,
    Repeat,
    breaks,
    outcome_of,
    refusal_of,
    repeat_of,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WRITES = (Operation.PLACE, Operation.AMEND, Operation.CANCEL, Operation.SETTING)


def problem(failure: Failure) -> Problem:
    return Problem(failure=failure, text="said the venue")


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("failure", [Failure.SERVER, Failure.SILENT, Failure.UNMAPPED])
def test_a_write_that_may_have_been_carried_out_is_unknown(
    failure: Failure, operation: Operation
) -> None:
    """EX-2, EX-11: timeouts after sending, 5xx, unmapped codes, bodies that are not JSON."""
    assert outcome_of(failure, operation) is Outcome.UNKNOWN


@pytest.mark.parametrize("operation", list(Operation))
@pytest.mark.parametrize("failure", [Failure.UNSENT, Failure.LOCAL])
def test_what_never_left_is_denied(failure: Failure, operation: Operation) -> None:
    assert outcome_of(failure, operation) is Outcome.DENIED


@pytest.mark.parametrize(
    "failure",
    [
        Failure.CREDENTIALS,
        Failure.CLOCK,
        Failure.PARAMETER,
        Failure.POSITION_MODE,
        Failure.MONEY,
        Failure.THROTTLED,
    ],
)
def test_a_refusal_in_the_venues_own_words_is_definite(failure: Failure) -> None:
    assert {outcome_of(failure, operation) for operation in Operation} == {Outcome.REJECTED}


def test_set_to_the_same_value_is_done_and_a_known_client_order_id_is_looked_up() -> None:
    assert outcome_of(Failure.UNCHANGED, Operation.SETTING) is Outcome.CONFIRMED
    assert outcome_of(Failure.UNCHANGED, Operation.AMEND) is Outcome.REJECTED
    assert outcome_of(Failure.DUPLICATE, Operation.PLACE) is Outcome.UNKNOWN


@pytest.mark.parametrize("failure", list(Failure))
def test_a_placement_is_repeated_only_when_it_provably_was_not_carried_out(
    failure: Failure,
) -> None:
    """EX-2, EX-4."""
    repeated = repeat_of(failure, Operation.PLACE) is not Repeat.NEVER

    assert repeated == (failure in (Failure.UNSENT, Failure.THROTTLED, Failure.CLOCK))


def test_a_cancel_a_setting_and_a_read_are_safe_to_repeat_and_an_amendment_is_not() -> None:
    repeats = {operation: repeat_of(Failure.SILENT, operation) for operation in Operation}

    assert repeats == {
        Operation.PLACE: Repeat.NEVER,
        Operation.AMEND: Repeat.NEVER,
        Operation.CANCEL: Repeat.AFTER_DELAY,
        Operation.SETTING: Repeat.AFTER_DELAY,
        Operation.READ: Repeat.AFTER_DELAY,
    }


def test_only_network_overload_and_limits_count_against_the_breaker() -> None:
    """EX-4: no business rejection does."""
    counted = {failure for failure in Failure if breaks(failure)}

    assert counted == {Failure.SERVER, Failure.SILENT, Failure.UNSENT, Failure.THROTTLED}


@pytest.mark.parametrize(
    ("operation", "failure", "error"),
    [
        (Operation.PLACE, Failure.SILENT, OutcomeUnknownError),
        (Operation.READ, Failure.SILENT, UnavailableError),
        (Operation.READ, Failure.UNMAPPED, UnavailableError),
        (Operation.PLACE, Failure.UNSENT, UnavailableError),
        (Operation.PLACE, Failure.MONEY, RejectedError),
        (Operation.PLACE, Failure.THROTTLED, RateLimitedError),
        (Operation.READ, Failure.BANNED, RateLimitedError),
        (Operation.READ, Failure.CREDENTIALS, CredentialsRefusedError),
    ],
)
def test_an_error_is_named_for_what_the_caller_can_do(
    operation: Operation, failure: Failure, error: type[ExchangeError]
) -> None:
    assert type(error_for(operation, problem(failure))) is error


def test_the_base_of_the_errors_is_never_raised_itself() -> None:
    with pytest.raises(TypeError, match="what the caller can do"):
        ExchangeError(problem(Failure.MONEY))


def test_a_problem_says_code_words_and_remedy() -> None:
    whole = Problem(failure=Failure.MONEY, code=110007, text="not enough", remedy="add money")

    assert str(whole) == "110007 not enough (add money)"


@pytest.mark.parametrize(
    ("failure", "event"),
    [
        (Failure.SILENT, events.OrderOutcomeUnknown),
        (Failure.DUPLICATE, events.OrderOutcomeUnknown),
        (Failure.UNSENT, events.OrderDenied),
        (Failure.LOCAL, events.OrderDenied),
        (Failure.MONEY, events.OrderRejected),
        (Failure.GONE, events.OrderRejected),
        (Failure.BANNED, events.OrderRejected),
    ],
)
def test_a_failed_placement_becomes_the_event_of_its_outcome(
    failure: Failure, event: type[events.OrderEvent]
) -> None:
    assert type(not_placed("id", problem(failure), NOON)) is event


def test_a_lost_amendment_or_cancel_is_unknown_and_an_unsent_one_refused() -> None:
    lost, unsent = problem(Failure.SILENT), problem(Failure.UNSENT)

    assert type(not_amended("id", lost, NOON)) is events.AmendOutcomeUnknown
    assert type(not_cancelled("id", lost, NOON)) is events.CancelOutcomeUnknown
    assert type(not_amended("id", unsent, NOON)) is events.AmendRejected
    assert type(not_cancelled("id", unsent, NOON)) is events.CancelRejected


def test_a_cancel_of_an_order_that_is_gone_says_so() -> None:
    event = not_cancelled("id", problem(Failure.GONE), NOON)

    assert isinstance(event, events.CancelRejected)
    assert event.refusal is RefusalClass.GONE


@pytest.mark.parametrize("failure", [Failure.UNSENT, Failure.LOCAL, Failure.THROTTLED])
def test_what_the_order_is_not_to_blame_for_never_counts_as_a_venues_refusal(
    failure: Failure,
) -> None:
    """RI-1: network, 5xx and 429 belong to the breaker and never latch a stop."""
    assert refusal_of(failure) is RefusalClass.RATE
