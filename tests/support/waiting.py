"""Waiting for conditions, never for time."""

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], what: str, *, seconds: float = 30) -> None:
    """Ask again and again until the condition holds; fail the test when it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        # A pause between two questions, so that the other side has the processor.
        time.sleep(0.05)  # noqa: TID251 - a poll of a condition, bounded by the deadline above
