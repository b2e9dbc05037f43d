"""Files that are whole or not there, however the process ends."""

import os
from pathlib import Path

PRIVATE = 0o600


def write_whole(path: Path, text: str, *, durable: bool = False) -> None:
    """Replace a file in one step, readable by its owner only.

    ``durable`` returns only when the disk has it. Raises OSError, and leaves the old file then.
    """
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    draft.replace(path)
    if durable:
        _sync_folder(path.parent)


def read_if_there(path: Path) -> str | None:
    """The text of a file; None where there is none. Bytes that are no text are replaced."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
