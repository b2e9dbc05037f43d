"""The program `tradefleet` as a process of its own, from this work tree."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TRADEFLEET = (sys.executable, "-c", "from botrunner.cli.app import main; main()")
"""How it is started: its command follows."""


@contextmanager
def announced_process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A server of ours, and what it said in JSON when ready; killed at the end."""
    process = subprocess.Popen(
        [*TRADEFLEET, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate()
