"""Delays and the circuit breaker, as tables (EX-4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botrunner.exchanges.breaker import OPEN_SECONDS, THRESHOLD, Breaker
from botrunner.exchanges.retry import Effort, backoff, retry_delay


@pytest.mark.parametrize(
    ("effort", "delays"),
    [
        (Effort.MARKET, [0.5, 1]),
        (Effort.LIMIT, [1, 2, 4]),
        (Effort.CONDITIONAL, [1, 2, 4, 8, 16]),
        (Effort.CANCEL, [0.5, 1, 2, 4, 8]),
        (Effort.READ, [1, 2, 4]),
    ],
)
def test_a_request_is_tried_again_as_often_and_as_late_as_its_kind_says(
    effort: Effort, delays: list[float]
) -> None:
    """EX-4: retries and bases per kind; with the whole share taken."""
    found = [retry_delay(effort, attempt, 1.0) for attempt in range(len(delays) + 1)]

    assert found == [*delays, None]


def test_half_the_share_is_half_the_delay() -> None:
    assert retry_delay(Effort.READ, 1, 0.5) == 1


@pytest.mark.parametrize("share", [0.49, 1.01, -1])
def test_a_share_outside_a_half_and_one_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        backoff(0, base=1, cap=60, share=share)


@given(attempt=st.integers(0, 10_000), share=st.floats(0.5, 1))
def test_no_delay_is_longer_than_the_cap(attempt: int, share: float) -> None:
    delay = backoff(attempt, base=1, cap=60, share=share)

    assert 0.5 <= delay <= 60


def after_failures(count: int, now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(count):
        breaker = breaker.started(now).failed(now)
    return breaker


def test_five_failed_operations_in_a_row_open_the_breaker() -> None:
    assert not after_failures(THRESHOLD - 1).is_open
    assert after_failures(THRESHOLD).is_open


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    breaker = after_failures(THRESHOLD - 1).succeeded()

    assert not breaker.failed(0).is_open


def test_open_means_nothing_is_admitted_for_sixty_seconds_and_then_one_probe() -> None:
    breaker = after_failures(THRESHOLD)

    assert not breaker.admits(OPEN_SECONDS - 0.1)
    assert breaker.admits(OPEN_SECONDS)
    assert not breaker.started(OPEN_SECONDS).admits(OPEN_SECONDS)


def test_a_probe_that_is_answered_closes_the_breaker() -> None:
    breaker = after_failures(THRESHOLD).started(OPEN_SECONDS).succeeded()

    assert not breaker.is_open
    assert breaker.admits(OPEN_SECONDS)


def test_a_probe_that_fails_opens_it_for_another_sixty_seconds() -> None:
    breaker = after_failures(THRESHOLD).started(OPEN_SECONDS).failed(OPEN_SECONDS + 1)

    assert not breaker.admits(2 * OPEN_SECONDS)
    assert breaker.admits(2 * OPEN_SECONDS + 1)


def test_a_cancel_that_goes_out_meanwhile_neither_closes_nor_prolongs_it() -> None:
    breaker = after_failures(THRESHOLD).started(10)

    assert breaker.succeeded().is_open
    assert breaker.failed(10).admits(OPEN_SECONDS)


def test_a_probe_that_never_left_lets_the_next_one_try() -> None:
    breaker = after_failures(THRESHOLD).started(OPEN_SECONDS).abandoned()

    assert breaker.admits(OPEN_SECONDS)
