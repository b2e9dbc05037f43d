"""Logs: one line an event, key=value or JSON, and never a secret in it.

A secret is hidden twice: by the name of its key, whatever the value, and by its value, wherever it
turns up, once it was made known to ``SecretValues``.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from enum import StrEnum
from typing import Any, TextIO

import structlog

HIDDEN = "***"
_SECRET_NAME = re.compile(
    r"secret|password|passphrase|private_?key|api_?key|token|signature|authorization|x-bapi-sign",
    re.IGNORECASE,
)
_SHORTEST_SECRET = 6
Event = MutableMapping[str, Any]


class LogFormat(StrEnum):
    """How a line is written."""

    TEXT = "text"
    JSON = "json"


class SecretValues:
    """The values that may not appear in any text; grows as keys are read."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def add(self, value: str) -> None:
        """Hide this value from now on; one shorter than six characters is too common to hide."""
        if len(value) >= _SHORTEST_SECRET:
            self._values.add(value)

    def hide(self, text: str) -> str:
        """The text with every known secret replaced."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return text


def configure_logs(
    *,
    level: str = "INFO",
    log_format: LogFormat = LogFormat.TEXT,
    secrets: SecretValues | None = None,
    stream: TextIO | None = None,
) -> None:
    """Set up logging of the process: our events, and those of libraries from WARNING on.

    ``stream`` is standard error when None. Raises ValueError for an unknown level.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"log level: {level!r} is none of DEBUG, INFO, WARNING, ERROR")
    output = stream or sys.stderr
    hiding = HideSecrets(secrets or SecretValues())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hiding,
    ]
    structlog.configure(
        processors=[*shared, _renderer(log_format)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(output),
        cache_logger_on_first_use=False,
    )
    _route_libraries(output, shared, log_format, max(number, logging.WARNING))


class HideSecrets:
    """A processor that replaces secrets in an event, however deep they lie."""

    def __init__(self, secrets: SecretValues) -> None:
        self._secrets = secrets

    def __call__(self, logger: object, method: str, event: Event) -> Event:
        """The event without secrets."""
        return {key: self._hidden(key, value) for key, value in event.items()}

    def _hidden(self, key: str, value: object) -> object:
        if value is not None and _SECRET_NAME.search(key):
            return HIDDEN
        match value:
            case str():
                return self._secrets.hide(value)
            case Mapping():
                return {str(name): self._hidden(str(name), item) for name, item in value.items()}
            case list() | tuple():
                return [self._hidden("", item) for item in value]
            case bool() | int() | float() | None:
                return value
            case _:
                return self._secrets.hide(str(value))


def _renderer(log_format: LogFormat) -> structlog.typing.Processor:
    if log_format is LogFormat.JSON:
        return structlog.processors.JSONRenderer()
    return structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "event"], bool_as_flag=False
    )


def _route_libraries(
    output: TextIO, shared: list[structlog.typing.Processor], log_format: LogFormat, level: int
) -> None:
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
