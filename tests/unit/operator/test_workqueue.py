"""What is due and when; the tests are the clock (KU-10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from botoperator.workqueue import Backoff, TokenBucket, WorkQueue


@pytest.fixture
def queue() -> WorkQueue[str]:
    """An empty queue."""
    return WorkQueue()


def test_a_key_added_twice_is_taken_once(queue: WorkQueue[str]) -> None:
    queue.add("a", 0)
    queue.add("a", 1)

    assert queue.take(2) == "a"
    assert queue.take(2) is None


def test_keys_are_taken_in_the_order_in_which_they_came_due(queue: WorkQueue[str]) -> None:
    for key in "bac":
        queue.add(key, 0)

    assert [queue.take(1), queue.take(1), queue.take(1)] == ["b", "a", "c"]


def test_a_key_in_work_is_not_taken_by_another(queue: WorkQueue[str]) -> None:
    queue.add("a", 0)
    queue.take(0)
    queue.add("a", 1)

    assert queue.take(2) is None
    queue.done("a")
    assert queue.take(2) == "a"


def test_a_key_that_nobody_added_meanwhile_is_not_due_after_its_work(queue: WorkQueue[str]) -> None:
    queue.add("a", 0)
    queue.take(0)
    queue.done("a")

    assert queue.take(1) is None


def test_a_delayed_key_comes_due_at_its_time(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 5, 10)

    assert queue.next_at() == 15
    assert queue.take(14.9) is None
    assert queue.take(15) == "a"
    assert queue.next_at() is None


def test_of_two_delays_the_earlier_holds(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 5, 0)
    queue.add_after("a", 9, 0)
    queue.add_after("b", 9, 0)
    queue.add_after("b", 5, 0)

    assert {queue.take(5), queue.take(5)} == {"a", "b"}
    assert queue.take(100) is None


def test_a_key_that_is_worked_on_now_drops_what_was_to_come_later(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 60, 0)
    queue.add("a", 1)
    assert queue.take(1) == "a"
    queue.done("a")

    assert queue.take(1000) is None


def test_a_delay_that_ends_while_the_key_is_worked_on_makes_it_due_again(
    queue: WorkQueue[str],
) -> None:
    queue.add("a", 0)
    queue.take(0)
    queue.add_after("a", 1, 0)

    assert queue.take(2) is None
    queue.done("a")
    assert queue.take(2) == "a"


def test_failures_wait_longer_each_time_up_to_a_bound() -> None:
    backoff = Backoff(first_seconds=0.005, most_seconds=300)

    waits = [backoff.seconds(failures, 0) for failures in (1, 2, 3, 16, 17, 1000)]
    assert waits == [0.005, 0.01, 0.02, 163.84, 300, 300]


@given(failures=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_jitter_takes_at_most_half_of_a_wait(failures: int, jitter: float) -> None:
    full = Backoff().seconds(failures, 0)

    assert full / 2 <= Backoff().seconds(failures, jitter) <= full


def test_a_retry_comes_due_after_its_backoff_and_a_success_forgets_it(
    queue: WorkQueue[str],
) -> None:
    assert queue.retry("a", 0, 0) == 0.005
    assert queue.retry("a", 0, 0) == 0.01
    assert queue.failures("a") == 2
    queue.forget("a")

    assert queue.failures("a") == 0
    assert queue.retry("a", 0, 0) == 0.005


def test_a_retry_waits_as_long_as_it_was_asked_to_and_no_longer_than_its_bound(
    queue: WorkQueue[str],
) -> None:
    assert queue.retry("asked", 0, 0, least=30) == 30
    waits = [queue.retry("bound", 0, 0, most=15) for _ in range(20)]
    assert waits[-1] == 15


def test_retries_of_many_keys_share_a_bucket() -> None:
    queue: WorkQueue[int] = WorkQueue(bucket=TokenBucket(rate=50, burst=100))

    waits = [queue.retry(key, 0, 0) for key in range(200)]

    assert waits[:100] == [0.005] * 100
    assert waits[-1] == pytest.approx(2.0)


@given(gaps=st.lists(st.floats(0, 0.2), min_size=1, max_size=300))
def test_a_bucket_never_grants_more_than_its_burst_and_its_rate(gaps: list[float]) -> None:
    bucket, now, starts = TokenBucket(rate=50, burst=10), 0.0, []
    for gap in gaps:
        now += gap
        starts.append(now + bucket.reserve(now))

    for first in range(0, len(starts), 7):
        for last in range(first, len(starts), 11):
            allowed = 10 + 50 * (starts[last] - starts[first]) + 1e-6
            assert last - first + 1 <= allowed + 1


def test_the_age_is_that_of_the_oldest_key_due_or_in_work(queue: WorkQueue[str]) -> None:
    assert queue.oldest_age(7) == 0
    queue.add("a", 10)
    queue.add("b", 12)
    queue.add_after("c", 21, 0)

    assert queue.oldest_age(15) == 5
    queue.take(15)
    assert queue.oldest_age(20) == 8
    queue.take(20)
    assert queue.oldest_age(30) == 15


def test_a_key_whose_delay_has_ended_ages_though_nobody_takes_it(queue: WorkQueue[str]) -> None:
    queue.add_after("a", 1, 0)

    assert queue.oldest_age(301) == 300


def test_depth_counts_what_is_due_and_waiting_what_comes_later(queue: WorkQueue[str]) -> None:
    queue.add("a", 0)
    queue.add_after("b", 5, 0)
    queue.add_after("b", 3, 0)

    assert (queue.depth, queue.waiting) == (1, 1)
    queue.take(3)
    assert (queue.depth, queue.waiting) == (1, 0)


class QueueMachine(RuleBasedStateMachine):
    """Adds, takes and ends in any order: nothing is lost, nothing runs twice at once."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: WorkQueue[str] = WorkQueue()
        self.now = 0.0
        self.running: set[str] = set()
        self.owed: set[str] = set()

    @rule(key=st.sampled_from("abc"))
    def add(self, key: str) -> None:
        """Something happened."""
        self.queue.add(key, self.now)
        self.owed.add(key)

    @rule(key=st.sampled_from("abc"), seconds=st.floats(0, 3))
    def add_after(self, key: str, seconds: float) -> None:
        """Something will have to be looked at."""
        self.queue.add_after(key, seconds, self.now)

    @rule(seconds=st.floats(0, 2))
    def pass_time(self, seconds: float) -> None:
        """Nothing happens."""
        self.now += seconds

    @rule()
    def take(self) -> None:
        """A worker is free."""
        key = self.queue.take(self.now)
        assert key is not None or not self.owed - self.running
        if key is not None:
            assert key not in self.running
            self.running.add(key)
            self.owed.discard(key)

    @rule(key=st.sampled_from("abc"))
    def end(self, key: str) -> None:
        """A worker has ended."""
        if key in self.running:
            self.running.remove(key)
            self.queue.done(key)

    @invariant()
    def ages_are_never_negative(self) -> None:
        """Whatever was added when."""
        assert self.queue.oldest_age(self.now) >= 0


TestQueue = QueueMachine.TestCase
