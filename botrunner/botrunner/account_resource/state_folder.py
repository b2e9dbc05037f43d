"""``<state-dir>/<account>``: what an account without a cluster keeps between two lives."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from botrunner.account_resource.port import AccountResourceError

LOCK = ".lock"
STATUS = "status.yaml"
COPY = "account.yaml"


class StateFolder:
    """One account's folder, held by one process at a time.

    The hold ends with the process, however it ends: the kernel releases it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def hold(self) -> None:
        """Make the folder and take it. Raises AccountResourceError when another process has it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise AccountResourceError(
                f"{self.path}: cannot be used: {error.strerror}; give a folder that can be "
                "written with --state-dir"
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise AccountResourceError(
                f"{self.path}: another tradefleet run (process {owner or 'unknown'}) trades this "
                "account; end that one first"
            ) from None
        self._lock = descriptor
        with suppress(OSError):  # The number is for people; a full disk stops no start.
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
