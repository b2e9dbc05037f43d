"""What changed between two versions of an object, and when each change takes effect."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

from botapi.faults import Fault, path_of
from botapi.model import Model
from botapi.rules import About, Applies, ListMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that differs, the innermost that has a meaning of its own."""

    location: tuple[str | int, ...]
    """Field names from the top, and places in the lists of the new version."""
    applies: Applies

    @property
    def path(self) -> str:
        """The field as kubectl writes it."""
        return path_of(self.location)


def changes(old: Model, new: Model) -> tuple[Change, ...]:
    """Every field that differs between two versions, in the order of the schema.

    Entries that came or went with a key of their own are no changes of a field: they begin and
    retire.
    """
    return tuple(change for change, _ in _walk(old, new, ()))


def refused_changes(old: Model, new: Model) -> tuple[Fault, ...]:
    """The changes that the API server refuses: of immutable fields, and by transition rules."""
    fields = (
        Fault(location=change.location, rule="is immutable", remedy=about.remedy)
        for change, about in _walk(old, new, ())
        if change.applies is Applies.IMMUTABLE
    )
    return (*fields, *_broken_transitions(old, new, ()))


def _walk(old: Model, new: Model, at: tuple[str | int, ...]) -> Iterator[tuple[Change, About]]:
    for name, field in type(new).model_fields.items():
        about = about_of(field)
        before, after = getattr(old, name), getattr(new, name)
        location = (*at, field.alias or name)
        if before == after:
            continue
        if pairs := list(_pairs(field, before, after, location)):
            for one, other, place in pairs:
                yield from _walk(one, other, place)
        elif about is not None and about.applies is not None and not _keyed(field):
            yield Change(location=location, applies=about.applies), about


def _broken_transitions(old: Model, new: Model, at: tuple[str | int, ...]) -> Iterator[Fault]:
    for rule in type(new).transitions:
        if rule.broken(old, new):
            yield Fault(location=at, rule=rule.wrong, remedy=rule.remedy)
    for name, field in type(new).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        for one, other, place in _pairs(field, before, after, (*at, field.alias or name)):
            yield from _broken_transitions(one, other, place)


def _pairs(
    field: FieldInfo, before: Any, after: Any, at: tuple[str | int, ...]
) -> Iterator[tuple[Model, Model, tuple[str | int, ...]]]:
    if isinstance(before, Model) and isinstance(after, Model):
        yield before, after, at
    key = _keyed(field)
    if key is not None:
        old_items = _by_key(before, key)
        for place, item in enumerate(after):
            if (name := str(getattr(item, key))) in old_items:
                yield old_items[name], item, (*at, place)


def _by_key(items: Sequence[Model], key: str) -> Mapping[str, Model]:
    return {str(getattr(item, key)): item for item in items}


def _keyed(field: FieldInfo) -> str | None:
    return next((mark.key for mark in field.metadata if isinstance(mark, ListMap)), None)


def about_of(field: FieldInfo) -> About | None:
    """What a field of a model says about itself."""
    return next((mark for mark in field.metadata if isinstance(mark, About)), None)
