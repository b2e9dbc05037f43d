"""The frozen base of every model: camelCase outside, snake_case inside, rules held on creation."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails

from botapi.rules import Rule, Transition

Json: TypeAlias = Mapping[str, Any]
"""A decoded JSON object, as the API server or a YAML loader gives it."""


def mapping(value: Any) -> Json:
    """The value where it holds fields, else nothing: for objects that nobody has validated."""
    return value if isinstance(value, Mapping) else {}


class Model(BaseModel):
    """A value of the API: unknown fields are ignored, null is the same as absent, as in the API."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    rules: ClassVar[tuple[Rule, ...]] = ()
    """Rules over several fields of this object."""
    transitions: ClassVar[tuple[Transition, ...]] = ()
    """Rules over a change of this object."""

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, value: Any) -> Any:
        # The API server prunes nulls of fields that are not nullable, before it fills defaults in.
        if isinstance(value, Mapping):
            return {name: item for name, item in value.items() if item is not None}
        return value

    @model_validator(mode="after")
    def _hold_rules(self) -> Self:
        broken = [rule for rule in self.rules if rule.broken(self)]
        if broken:
            details = [InitErrorDetails(type=r.error(self), loc=r.path, input=None) for r in broken]
            raise ValidationError.from_exception_data(type(self).__name__, details)
        return self

    def to_json(self) -> dict[str, Any]:
        """Give the object as JSON values under its camelCase names; what is unset is left out."""
        dumped: dict[str, Any] = _without_nulls(self.model_dump(mode="json", by_alias=True))
        return dumped


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_nulls(item) for key, item in value.items() if item is not None}
        case list():
            return [_without_nulls(item) for item in value]
        case _:
            return value
