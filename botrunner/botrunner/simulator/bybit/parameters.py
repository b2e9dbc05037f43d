"""Parameters of a request, read with the venue's own refusals.

Money and quantities must be plain decimal strings: the venue refuses ``1e-05`` and JSON numbers.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from botrunner.simulator.bybit.codes import parameter_error
from botrunner.simulator.bybit.wire import Json

_DECIMAL = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,14}", re.ASCII)
_LATEST_MS = 253_402_300_799_999
T = TypeVar("T")


class Parameters:
    """The query of a GET or the body of a POST; every reader raises RefusedError by name."""

    def __init__(self, values: Mapping[str, Json]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        """Whether the parameter was given a value; an empty string is none."""
        return self._values.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """A string; ``default`` when missing or empty."""
        value = self._values.get(name)
        if value in (None, ""):
            return default
        if not isinstance(value, str):
            raise parameter_error(f"params error: {name} invalid")
        return value

    def required(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if not value:
            raise parameter_error(f"params error: {name} invalid")
        return value

    def choice(self, name: str, choices: Mapping[str, T], default: str = "") -> T:
        """One of the venue's words, translated."""
        word = self.text(name, default)
        if word not in choices:
            raise parameter_error(f"params error: {name} invalid")
        return choices[word]

    def number(self, name: str, complaint: str = "") -> Decimal | None:
        """A decimal; None when missing or empty. ``complaint`` replaces the usual text."""
        value = self._values.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise parameter_error(complaint or f"params error: {name} invalid")
        return Decimal(value)

    def number_above_zero(self, name: str) -> Decimal | None:
        """A decimal; None when missing, empty or zero, which mean the same here."""
        value = self.number(name)
        if value is not None and value < 0:
            raise parameter_error(f"params error: {name} invalid")
        return value or None

    def integer(self, name: str, default: int) -> int:
        """A whole number, as JSON number or string."""
        value = self._values.get(name)
        if value in (None, ""):
            return default
        if isinstance(value, bool) or not _INTEGER.fullmatch(str(value)):
            raise parameter_error(f"params error: {name} invalid")
        return int(str(value))

    def limit(self, default: int, most: int) -> int:
        """The page size asked for; more than the most is cut to it, as the venue does."""
        value = self.integer("limit", default)
        if value < 1:
            raise parameter_error("params error: limit invalid")
        return min(value, most)

    def time(self, name: str) -> int | None:
        """A moment in ms since the epoch; None when missing."""
        if not self.has(name):
            return None
        value = self.integer(name, 0)
        if not 0 <= value <= _LATEST_MS:
            raise parameter_error(f"params error: {name} invalid")
        return value

    def flag(self, name: str) -> bool:
        """True or false, false when missing; the words are accepted as strings too."""
        value = self._values.get(name)
        if value in (None, "", False, "false"):
            return False
        if value in (True, "true"):
            return True
        raise parameter_error(f"params error: {name} invalid")

    def category(self) -> None:
        """Insist on the one category there is."""
        if self.text("category") != "linear":
            raise parameter_error("params error: category invalid, only linear is simulated")
