"""Logs to stdout: one line of JSON each, or words on a terminal.

Rule 1: nothing secret is ever handed to a logger; the operator reads no Secret, and the one token
it holds stays in the two modules that speak HTTP.
Rule 2: libraries write warnings, at any level of ours: a client at DEBUG prints what it sends.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from typing_extensions import override

_FIELDS = "tradefleet_fields"
_QUIET = {"kopf": logging.WARNING, "kubernetes": logging.WARNING, "aiohttp": logging.WARNING}
# Says at WARNING that signals are ignored in a thread: they are the main thread's, on purpose.
_MUTE = ("kopf._core.reactor.running",)


class Shape(StrEnum):
    """How a line looks."""

    JSON = "json"
    TEXT = "text"


class Log:
    """Writes records: an event in one word, and what there is to say about it as fields."""

    def __init__(self, name: str = "tradefleet") -> None:
        """Write under the name of a logger."""
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        """What only a search for a fault needs."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """What was changed, and steps of the process."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """A condition that passes or that a person mends."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, *, cause: BaseException | None = None, **fields: object) -> None:
        """A fault of this program, with the stack of its cause."""
        self._write(logging.ERROR, event, fields, cause)

    def _write(
        self,
        level: int,
        event: str,
        fields: dict[str, object],
        cause: BaseException | None = None,
    ) -> None:
        self._logger.log(level, event, extra={_FIELDS: fields}, exc_info=cause)


def set_up(level: str, shape: Shape) -> None:
    """Send everything to stdout; ``level`` is ``debug``, ``info``, ``warning`` or ``error``."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLine() if shape is Shape.JSON else TextLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(quiet)
    for name in _MUTE:
        logging.getLogger(name).setLevel(logging.ERROR)


class JsonLine(logging.Formatter):
    """``{"at": ..., "severity": ..., "event": ..., ...}``: the same fields as the runner's."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the record holds."""
        line: dict[str, Any] = {
            "at": _at(record).isoformat(),
            "severity": record.levelname.lower(),
            **_said(record),
        }
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextLine(logging.Formatter):
    """The same for a person at a terminal."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Time of day, level, event, then the fields."""
        said = _said(record)
        fields = " ".join(f"{name}={value}" for name, value in said.items() if name != "event")
        line = f"{_at(record):%H:%M:%S} {record.levelname:7} {said['event']} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _at(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _said(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] | None = getattr(record, _FIELDS, None)
    if fields is not None:
        return {"event": record.getMessage(), **fields}
    return {"event": "library", "logger": record.name, "message": record.getMessage()}
