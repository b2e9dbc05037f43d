"""What comes from the environment: keys and nothing else (KU-24)."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values


def environment(folder: Path) -> Mapping[str, str]:
    """The process's variables over those of ``folder/.env``; a line without a value is left out."""
    values = {name: value for name, value in _from_file(folder / ".env").items() if value}
    return {**values, **os.environ}


def _from_file(path: Path) -> Mapping[str, str | None]:
    return dotenv_values(path, interpolate=False) if path.is_file() else {}
