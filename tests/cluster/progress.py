"""Progress lines: what is being done, and how long each step took."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(line: str) -> None:
    """Print one progress line to stderr, so that stdout holds only answers."""
    print(f"cluster: {line}", file=sys.stderr, flush=True)


@contextmanager
def step(what: str, *, remind_seconds: float = 30) -> Iterator[None]:
    """Say WHAT before the work and again, with its duration in seconds, after it.

    Long work is mentioned every REMIND_SECONDS, so that nobody takes it for stuck.
    """
    say(f"{what} ...")
    began = time.monotonic()
    over = threading.Event()

    def remind() -> None:
        while not over.wait(remind_seconds):
            say(f"{what}: {time.monotonic() - began:.0f} s so far ...")

    reminder = threading.Thread(target=remind, daemon=True)
    reminder.start()
    try:
        yield
    finally:
        over.set()
        reminder.join()
    say(f"{what}: {time.monotonic() - began:.1f} s")
