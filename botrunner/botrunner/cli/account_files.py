"""Which accounts a file has, or had when it was last followed (RI-6)."""

from contextlib import suppress
from pathlib import Path

from botrunner.account_resource.reading import account_names
from botrunner.account_resource.state_folder import COPY
from botrunner.account_resource.whole_file import read_if_there, write_whole

SOURCE = "source"
"""In an account's state folder: the file that it was read from."""


def names_in(path: Path, state_dir: Path) -> tuple[str, ...]:
    """The accounts of a file; of one that cannot be read, those it had when it was followed.

    In the order of the file, else by name. Empty where neither is known.
    """
    try:
        return account_names(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return _remembered(path, state_dir)


def was_followed(path: Path, state_dir: Path) -> bool:
    """Whether every account of a file has a copy of an earlier life."""
    names = names_in(path, state_dir)
    return bool(names) and all((state_dir / name / COPY).is_file() for name in names)


def remember(path: Path, folder: Path) -> None:
    """Note in an account's state folder which file it is read from; a full disk stops no start."""
    with suppress(OSError):
        write_whole(folder / SOURCE, f"{path}\n")


def _remembered(path: Path, state_dir: Path) -> tuple[str, ...]:
    try:
        folders = sorted(state_dir.iterdir())
    except OSError:
        return ()
    return tuple(folder.name for folder in folders if _source_of(folder) == str(path))


def _source_of(folder: Path) -> str:
    try:
        return (read_if_there(folder / SOURCE) or "").strip()
    except OSError:
        return ""
