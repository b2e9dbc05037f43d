"""Threads that never hold the end of the process up (GR-52)."""

import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from functools import partial

import pytest

from botrunner.exchanges.bybit.workers import Workers


def test_a_call_gives_its_result_or_its_error() -> None:
    workers = Workers("test", 1)
    fine = workers.submit(lambda: 7)
    wrong = workers.submit(lambda: 1 // 0)

    assert fine.result(timeout=10) == 7
    with pytest.raises(ZeroDivisionError):
        wrong.result(timeout=10)
    workers.close()


def test_calls_run_side_by_side_up_to_the_most_and_the_rest_wait_their_turn() -> None:
    workers, gate = Workers("test", 2), threading.Event()
    together = threading.Barrier(3)
    started: list[int] = []

    def call(number: int) -> None:
        started.append(number)
        together.wait(timeout=10)
        gate.wait(timeout=10)

    first = [workers.submit(partial(call, number)) for number in (1, 2)]
    third = workers.submit(lambda: started.append(3))
    together.wait(timeout=10)
    before = list(started)
    gate.set()
    for one in [*first, third]:
        one.result(timeout=10)
    workers.close()

    assert sorted(before) == [1, 2]
    assert sorted(started) == [1, 2, 3]


def test_a_free_thread_is_used_again() -> None:
    workers = Workers("test", 4)
    names = set()
    for _ in range(20):
        name = workers.submit(lambda: threading.current_thread().name).result(timeout=10)
        names.add(name)
    workers.close()

    assert names <= {f"test-{number}" for number in range(1, 5)}


def test_what_is_cancelled_before_its_turn_is_never_called() -> None:
    workers, gate = Workers("test", 1), threading.Event()
    called: list[int] = []
    running = workers.submit(lambda: gate.wait(timeout=10))
    waiting = workers.submit(lambda: called.append(1))

    assert waiting.cancel()
    gate.set()
    running.result(timeout=10)
    workers.submit(lambda: None).result(timeout=10)
    workers.close()
    assert called == []


def test_closing_cancels_what_waits_and_refuses_what_comes() -> None:
    workers, gate = Workers("test", 1), threading.Event()
    begun = threading.Event()

    def call() -> None:
        begun.set()
        gate.wait(timeout=10)

    running = workers.submit(call)
    begun.wait(timeout=10)
    waiting = workers.submit(lambda: None)
    workers.close()
    gate.set()
    running.result(timeout=10)

    with pytest.raises(CancelledError):
        waiting.result(timeout=10)
    with pytest.raises(RuntimeError, match="closed"):
        workers.submit(lambda: None)


def test_a_call_that_hangs_does_not_keep_the_process_alive() -> None:
    program = (
        "import threading\n"
        "from botrunner.exchanges.bybit.workers import Workers\n"
        "begun = threading.Event()\n"
        "Workers('test', 1).submit(lambda: (begun.set(), threading.Event().wait()))\n"
        "begun.wait()\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)

    assert ended.returncode == 0
