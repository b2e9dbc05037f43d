"""What a live object lacks, or has too much, against the manifest we want: one comparison.

Rule 1: what we want must be there with our value; what the API server or others added may be too.
Rule 2: what our manager owns and no longer wants must go.
Rule 3: equal values spelled differently are equal: an endless apply is as wrong as a missed edit.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from botapi.labels import OPERATOR_MANAGER
from botapi.model import Json

_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "ownerReferences": ("uid",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
"""Lists that the API merges item by item, told apart by these fields; all others are one value.
From the ``x-kubernetes-list-map-keys`` of what we apply."""
_PORT_KEYS: Final = {"containerPort": ("containerPort", "protocol"), "port": ("port", "protocol")}
"""A container's ports and a Service's have one name and different keys."""

_QUANTITY_MAPS: Final = frozenset({"requests", "limits"})
_QUANTITY_FIELDS: Final = frozenset({"sizeLimit"})
_QUANTITY = re.compile(r"([+-]?[0-9.]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i|)")
_SCALES: Final[Mapping[str, Decimal]] = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{letter: Decimal(1000) ** n for n, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** n for n, letter in enumerate("KMGTPE", 1)},
}


def differences(wanted: Json, live: Json, *, subresource: str = "") -> tuple[str, ...]:
    """Paths at which the live object is not as wanted; empty when there is nothing to apply.

    ``live`` carries the ``managedFields`` entry of our own manager for that subresource.
    """
    lacking = _lacking(wanted, live, ())
    unwanted = _unwanted(_owned(live, subresource), wanted, ())
    return tuple(dict.fromkeys((*lacking, *unwanted)))


def differs_at(wanted: Json, live: Json, path: Sequence[str]) -> bool:
    """Whether the value at one path is another; for fields that can only be set at creation."""
    return any(_lacking(_at(wanted, path), _at(live, path), tuple(path)))


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _lacking(wanted: Any, live: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(live, dict):
        for name, value in wanted.items():
            other = live.get(name)
            # Nearly all of it is text that is the same: seen here, it costs no call.
            if type(value) is not str or value != other:
                yield from _lacking(value, other, (*path, name))
        return
    match wanted, live:
        case list(), list() if keys := _keys_of(wanted, path):
            yield from _lacking_items(wanted, live, keys, path)
        case list(), list() if len(wanted) == len(live):
            for place, (one, other) in enumerate(zip(wanted, live, strict=True)):
                yield from _lacking(one, other, (*path, str(place)))
        case _:
            if not _same(wanted, live, path):
                yield ".".join(path)


def _keys_of(wanted: list[Any], path: tuple[str, ...]) -> tuple[str, ...]:
    """What tells the items apart; empty for a list that is one value."""
    name = path[-1] if path else ""
    if name == "ports" and wanted and isinstance(wanted[0], dict):
        return next((keys for field, keys in _PORT_KEYS.items() if field in wanted[0]), ())
    return _KEYS.get(name, ())


def _lacking_items(
    wanted: list[Any], live: list[Any], keys: tuple[str, ...], path: tuple[str, ...]
) -> Iterator[str]:
    for item in wanted:
        key = {name: item.get(name) for name in keys}
        yield from _lacking(item, _item(live, key), (*path, f"[{_words(key)}]"))


def _unwanted(owned: Mapping[str, Any], wanted: Any, path: tuple[str, ...]) -> Iterator[str]:
    # ``f:`` names a field, ``k:`` an item by its key fields, ``v:`` one by its value, ``i:`` one by
    # its place (structured-merge-diff, path elements of FieldsV1).
    for entry, below in owned.items():
        sort, _, name = entry.partition(":")
        if sort == "f":
            if not isinstance(wanted, dict) or name not in wanted:
                yield ".".join((*path, name))
            elif below:
                yield from _unwanted(below, wanted[name], (*path, name))
        elif name:
            word, value, is_there = _wanted_item(sort, name, wanted)
            if not is_there:
                yield ".".join((*path, word))
            elif below:
                yield from _unwanted(below, value, (*path, word))


def _wanted_item(sort: str, name: str, wanted: Any) -> tuple[str, Any, bool]:
    """The item of a list of ours that an entry of FieldsV1 names, and whether it is there."""
    items = wanted if isinstance(wanted, list) else []
    named = json.loads(name)
    if sort == "k":
        item = _item(items, named)
        return f"[{_words(named)}]", item, item is not None
    if sort == "v":
        return f"[{named}]", named, named in items
    return f"[{named}]", None, int(named) < len(items)


def _item(items: list[Any], key: Mapping[str, Any]) -> Any:
    for item in items:
        if isinstance(item, dict) and all(item.get(name) == key[name] for name in key):
            return item
    return None


def _words(key: Mapping[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in key.items())


def _owned(live: Json, subresource: str) -> Mapping[str, Any]:
    """What our manager owns by having applied it, as FieldsV1."""
    metadata = live.get("metadata") or {}
    for entry in metadata.get("managedFields") or ():
        is_ours = entry.get("manager") == OPERATOR_MANAGER and entry.get("operation") == "Apply"
        if is_ours and (entry.get("subresource") or "") == subresource:
            fields: Mapping[str, Any] = entry.get("fieldsV1") or {}
            return fields
    return {}


def _same(wanted: Any, live: Any, path: tuple[str, ...]) -> bool:
    if wanted == live and isinstance(wanted, bool) is isinstance(live, bool):
        return True
    if isinstance(wanted, str) and isinstance(live, str) and _is_quantity(path):
        return _amount(wanted) == _amount(live)
    return False


def _is_quantity(path: tuple[str, ...]) -> bool:
    return path[-1] in _QUANTITY_FIELDS or (len(path) > 1 and path[-2] in _QUANTITY_MAPS)


def _amount(quantity: str) -> Decimal | str:
    """The value of a Kubernetes quantity; the text itself where it is none."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None or match[1].strip("+-").count(".") > 1 or not match[1].strip("+-."):
        return quantity
    scale = _SCALES.get(match[2])
    return Decimal(match[1] + match[2]) if scale is None else Decimal(match[1]) * scale
