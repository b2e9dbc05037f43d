"""What is costly to make, kept by content outside the clone: a second clone starts warm."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster.progress import say, step


def cache_root() -> Path:
    """The folder that all clones of one user share: $TRADEFLEET_CACHE names another one."""
    if chosen := os.environ.get("TRADEFLEET_CACHE"):
        return Path(chosen).absolute()
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg) / "tradefleet"
    return Path.home() / ".cache" / "tradefleet"


def content_hash(*parts: bytes | str | Path) -> str:
    """16 hex digits over all PARTS in order; of a Path the file's content counts, not its name."""
    digest = hashlib.sha256()
    for part in parts:
        content = _content(part)
        # The length keeps ("ab", "c") and ("a", "bc") apart.
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:16]


def _content(part: bytes | str | Path) -> bytes:
    if isinstance(part, Path):
        return part.read_bytes()
    return part.encode() if isinstance(part, str) else part


def cached(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """The folder <root>/KIND/KEY; when it is not there, BUILD fills an empty folder first.

    Who asks at the same time waits for the one build. A build that fails or is killed leaves no
    entry: the folder appears whole, by a rename.
    """
    entry = cache_root() / kind / key
    if entry.is_dir():
        return entry
    with locked(f"{kind}-{key}", waiting_for=f"another build of {kind} {key}"):
        if not entry.is_dir():
            _build_entry(entry, build)
    return entry


def _build_entry(entry: Path, build: Callable[[Path], None]) -> None:
    partial = entry.with_name(f".{entry.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with step(f"building {entry.parent.name} {entry.name}, kept in {entry.parent}"):
            build(partial)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    partial.rename(entry)


@contextmanager
def locked(name: str, *, waiting_for: str) -> Iterator[None]:
    """Hold the lock NAME of this cache; it ends with the process, so nothing goes stale."""
    folder = cache_root() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    # Not inherited (Python opens files close-on-exec), so no child can keep the lock alive.
    with (folder / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for {waiting_for} ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
