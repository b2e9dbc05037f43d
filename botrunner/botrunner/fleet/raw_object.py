"""Careful reading of objects that somebody else wrote: what is not there, or odd, is empty."""

from collections.abc import Mapping
from typing import Any

from botapi.model import Json, mapping
from botrunner.fleet.port import AccountKey


def key_of(raw: Json) -> AccountKey:
    """Where the object is."""
    return AccountKey(
        namespace=text_at(raw, "metadata", "namespace"), name=text_at(raw, "metadata", "name")
    )


def generation_of(raw: Json) -> int:
    """``metadata.generation``; 0 where there is none."""
    return whole_at(raw, "metadata", "generation")


def value_at(raw: Any, *path: str) -> Any:
    """What stands there, or None."""
    for name in path:
        raw = mapping(raw).get(name)
    return raw


def text_at(raw: Any, *path: str) -> str:
    """The text that stands there, or an empty one."""
    value = value_at(raw, *path)
    return value if isinstance(value, str) else ""


def whole_at(raw: Any, *path: str) -> int:
    """The whole number that stands there, or 0."""
    value = value_at(raw, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def objects_at(raw: Any, *path: str) -> tuple[Mapping[str, Any], ...]:
    """The objects of the list that stands there."""
    value = value_at(raw, *path)
    rows = value if isinstance(value, list | tuple) else ()
    return tuple(row for row in rows if isinstance(row, Mapping))
