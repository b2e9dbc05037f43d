"""The rules of a resource, each spelled twice on one page: in CEL and in Python.

The API server runs the CEL, the models run the Python; a table of tests sends every refused object
through both. A message has two halves: what is wrong, and what to do about it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema


class Applies(StrEnum):
    """When a change of a field takes effect."""

    LIVE = "live"
    """At once, in the running pod."""
    WHEN_FLAT = "when flat"
    """Once both sides of the strategy are flat; until then the applied value stands."""
    RESTART = "restart"
    """The operator replaces the pod."""
    IMMUTABLE = "immutable"
    """Never: the API server refuses the change."""


class Refusal(StrEnum):
    """The API server's classes of a refusal that a CEL rule may name.

    Its third, FieldValueDuplicate, is not here: the API server then drops the rule's message.
    """

    INVALID = "FieldValueInvalid"
    REQUIRED = "FieldValueRequired"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a field means, in words for ``kubectl explain``, with its unit."""

    text: str
    applies: Applies | None = None
    """None in a status, which nobody changes by hand."""
    remedy: str = ""
    """Of an immutable field: what to do instead of changing it."""

    @property
    def description(self) -> str:
        """The text with the time at which a change applies, as the schema carries it."""
        if self.applies is None:
            return self.text
        if self.applies is Applies.IMMUTABLE:
            return f"{self.text} Immutable."
        return f"{self.text} A change applies: {self.applies}."


def live(text: str) -> About:
    """Describe a field whose change acts in the running pod at once."""
    return About(text=text, applies=Applies.LIVE)


def when_flat(text: str) -> About:
    """Describe a field whose change waits until both sides of its strategy are flat."""
    return About(text=text, applies=Applies.WHEN_FLAT)


def restart(text: str) -> About:
    """Describe a field whose change waits for the next pod."""
    return About(text=text, applies=Applies.RESTART)


def immutable(text: str, remedy: str) -> About:
    """Describe a field that keeps its first value; ``remedy`` ends the message of a refusal."""
    return About(text=text, applies=Applies.IMMUTABLE, remedy=remedy)


def reported(text: str) -> About:
    """Describe a field of a status."""
    return About(text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """A text with values of the refused object in it."""

    template: str
    """With a ``%s`` for each value, which CEL's ``format`` and Python fill in alike."""
    values_cel: str
    """The values, comma-separated. ``format`` rather than ``+``: the API server cannot bound the
    length of what a filter gives, and refuses a definition that concatenates it."""
    values: Callable[[Any], tuple[object, ...]]
    """The same in Python."""

    def words(self, value: Any) -> str:
        """The text for this object."""
        return self.template % self.values(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule over a value: as an annotation over a field, in ``Model.rules`` over an object."""

    cel: str
    """True for what is accepted. ``self`` is the value, with its defaults filled in."""
    broken: Callable[[Any], bool]
    """The same in Python, the other way round."""
    wrong: str
    """What is wrong, read after the field's path and a colon."""
    remedy: str
    naming: Naming | None = None
    """In place of ``wrong``, where the message names values."""
    path: tuple[str, ...] = ()
    """The field below the value that is to blame; empty for the value itself."""
    reason: Refusal = Refusal.INVALID

    @property
    def message(self) -> str:
        """The whole message, as the API server shows it behind the field's path."""
        return f"{self.wrong}; {self.remedy}"

    def error(self, value: Any) -> PydanticCustomError:
        """The refusal of this value as pydantic carries it."""
        wrong = self.wrong if self.naming is None else self.naming.words(value)
        context = {"wrong": wrong, "remedy": self.remedy}
        return PydanticCustomError("rule", "{wrong}; {remedy}", context)

    def check(self, value: Any) -> Any:
        """Give the value back, or raise the refusal."""
        if self.broken(value):
            raise self.error(value)
        return value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Hold the rule whenever the annotated field is validated."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One rule over a change of an object, beyond the fields that are immutable by themselves."""

    cel: str
    """True for what is accepted, over ``self`` and ``oldSelf``."""
    broken: Callable[[Any, Any], bool]
    """The same in Python, of the old object and the new one, the other way round."""
    wrong: str
    remedy: str

    @property
    def message(self) -> str:
        """The whole message, as the API server shows it behind the object's path."""
        return f"{self.wrong}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class ListMap:
    """Marks a list whose items are told apart by one field: unique, and merged item by item."""

    key: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Refuse two items with one key."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def _check(self, items: Any) -> Any:
        seen: set[Any] = set()
        for place, item in enumerate(items):
            key = getattr(item, self.key)
            if key in seen:
                raise _at((place,), f"has the {self.key} of an earlier entry: {key}", self.key)
            seen.add(key)
        return items


def _at(location: tuple[int, ...], wrong: str, key: str) -> ValidationError:
    context = {"wrong": wrong, "remedy": f"give each its own {key}"}
    error = PydanticCustomError("rule", "{wrong}; {remedy}", context)
    details = InitErrorDetails(type=error, loc=location, input=None)
    return ValidationError.from_exception_data("list", [details])


def matching(pattern: str, *, wrong: str, remedy: str) -> Rule:
    """A rule that the whole text matches ``pattern``, in the syntax RE2 and Python share.

    A rule rather than the schema's own ``pattern``, whose message shows people an expression.
    """
    compiled = re.compile(pattern)
    return Rule(
        cel=f"self.matches(r'^({pattern})$')",
        broken=lambda text: compiled.fullmatch(text) is None,
        wrong=wrong,
        remedy=remedy,
    )
