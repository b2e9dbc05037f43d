"""Programs run to their end, with their complaint as the error."""

import os
import subprocess
from pathlib import Path
from typing import IO

from cluster.errors import ClusterError
from cluster.packages import SEARCH_PATH


def run(
    *command: str | Path,
    what: str,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    stdin: IO[bytes] | None = None,
) -> str:
    """The standard output of COMMAND.

    Raises ClusterError saying WHAT could not be done and the program's last line. ENV is added to
    this process's environment; without STDIN the program reads an empty one.
    """
    result = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, "PATH": SEARCH_PATH, **(env or {})},
        cwd=cwd,
        stdin=stdin or subprocess.DEVNULL,
        capture_output=True,
    )
    if result.returncode != 0:
        raise ClusterError(f"could not {what}: {_last_line(result.stderr or result.stdout)}")
    return result.stdout.decode(errors="replace")


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "the program said nothing"
