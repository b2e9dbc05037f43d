"""Ranges of numbers and lengths of lists: one object for the schema, the check and the message."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """As an annotation of a number: the range it must lie in. An unset number is not checked."""

    least: Decimal | None = None
    most: Decimal | None = None
    least_excluded: bool = False
    """The number must be greater than ``least``, not equal to it."""

    @property
    def words(self) -> str:
        """The range as a person reads it."""
        match self.least, self.most:
            case None, most:
                return f"at most {most}"
            case least, None:
                return f"greater than {least}" if self.least_excluded else f"at least {least}"
            case least, most if self.least_excluded:
                return f"greater than {least} and at most {most}"
            case least, most:
                return f"{least} to {most}"

    def allow(self, number: Decimal | int) -> bool:
        """Whether the number lies in the range."""
        if self.most is not None and number > self.most:
            return False
        if self.least is None:
            return True
        return number > self.least if self.least_excluded else number >= self.least

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Hold the range whenever the annotated field is validated."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, number: Any) -> Any:
        if number is not None and not self.allow(number):
            raise PydanticCustomError("range", "must be {words}", {"words": self.words})
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """As an annotation of a list: how many entries it may have.

    Judged once every entry is valid: pydantic's own limit would count a wrong entry as missing.
    """

    least: int = 0
    most: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Hold the limit whenever the annotated field is validated."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, items: Any) -> Any:
        if not self.least <= len(items) <= self.most:
            words = f"{self.least} to {self.most}"
            raise PydanticCustomError("entries", "must have {words} entries", {"words": words})
        return items


def within(least: int | str, most: int | str) -> Limits:
    """From ``least`` to ``most``, both allowed."""
    return Limits(least=Decimal(least), most=Decimal(most))


def at_least(least: int | str) -> Limits:
    """``least`` or more."""
    return Limits(least=Decimal(least))


def above(least: int | str, *, up_to: int | str | None = None) -> Limits:
    """More than ``least``, and at most ``up_to`` where that is given."""
    most = None if up_to is None else Decimal(up_to)
    return Limits(least=Decimal(least), most=most, least_excluded=True)
