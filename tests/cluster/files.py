"""Files of the state folder: always whole, and not touched when nothing changed."""

import os
from pathlib import Path


def write(path: Path, text: str, *, private: bool = False) -> None:
    """Make TEXT the content of PATH; a PRIVATE file is at no moment readable by others.

    A file that has this content already stays as it is: kube-proxy ends when its own is written.
    """
    if path.exists() and path.read_text() == text:
        return
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644)
    with open(descriptor, "w") as file:
        file.write(text)
    fresh.rename(path)
