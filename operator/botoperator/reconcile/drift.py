"""What a live object lacks, or has too much, against the manifest we want: one comparison.

Rule 1: what we want must be there with our value; what the API server or others added may be too.
Rule 2: what our manager owns and no longer wants must go.
Rule 3: equal values spelled differently are equal: an endless apply is as wrong as a missed edit.
"""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any, Final, TypeAlias

from botapi.labels import OPERATOR_MANAGER
from botapi.model import Json

_Segment: TypeAlias = str | Mapping[str, Any]
"""The name of a field or the place of an item; or an item's key fields."""
_Path: TypeAlias = tuple[_Segment, ...]
_PLAIN: Final = frozenset({str, int, bool, float, NoneType})

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

_QUANTITY_MAPS: Final = ("requests", "limits")
_QUANTITY_FIELDS: Final = ("sizeLimit",)
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
    found: list[_Path] = []
    _find_lacking(wanted, live, (), found)
    _find_unwanted(_owned(live, subresource), wanted, (), found)
    return tuple(dict.fromkeys(".".join(map(_word, path)) for path in found))


def differs_at(wanted: Json, live: Json, path: Sequence[str]) -> bool:
    """Whether the value at one path is another; for fields that can only be set at creation."""
    found: list[_Path] = []
    _find_lacking(_at(wanted, path), _at(live, path), tuple(path), found)
    return bool(found)


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


# No generators below, and no word before it is told: nearly always there is nothing to tell, and
# every account is compared at every start.
def _find_lacking(wanted: Any, live: Any, path: _Path, found: list[_Path]) -> None:
    if isinstance(wanted, dict) and isinstance(live, dict):
        for name, value in wanted.items():
            other = live.get(name)
            # Nearly all of it is plain and the same: seen here, it costs no call.
            if type(value) not in _PLAIN or type(value) is not type(other) or value != other:
                _find_lacking(value, other, (*path, name), found)
    elif isinstance(wanted, list) and isinstance(live, list):
        _find_lacking_items(wanted, live, path, found)
    elif not _same(wanted, live, path):
        found.append(path)


def _find_lacking_items(
    wanted: list[Any], live: list[Any], path: _Path, found: list[_Path]
) -> None:
    if keys := _keys_of(wanted, path):
        for item in wanted:
            key = {name: item.get(name) for name in keys}
            _find_lacking(item, _item(live, key), (*path, key), found)
    elif len(wanted) == len(live):
        for place, (one, other) in enumerate(zip(wanted, live, strict=True)):
            _find_lacking(one, other, (*path, str(place)), found)
    else:
        found.append(path)


def _keys_of(wanted: list[Any], path: _Path) -> tuple[str, ...]:
    """What tells the items apart; empty for a list that is one value."""
    name = path[-1] if path else ""
    if name == "ports" and wanted and isinstance(wanted[0], dict):
        return next((keys for field, keys in _PORT_KEYS.items() if field in wanted[0]), ())
    return _KEYS.get(name, ()) if isinstance(name, str) else ()


def _find_unwanted(owned: Mapping[str, Any], wanted: Any, path: _Path, found: list[_Path]) -> None:
    # ``f:`` names a field, ``k:`` an item by its key fields, ``v:`` one by its value, ``i:`` one by
    # its place (structured-merge-diff, path elements of FieldsV1).
    for entry, below in owned.items():
        sort, name = entry[:2], entry[2:]
        if sort == "f:":
            if not isinstance(wanted, dict) or name not in wanted:
                found.append((*path, name))
            elif below:
                _find_unwanted(below, wanted[name], (*path, name), found)
        elif name:
            segment, value, is_there = _wanted_item(sort, name, wanted)
            if not is_there:
                found.append((*path, segment))
            elif below:
                _find_unwanted(below, value, (*path, segment), found)


def _wanted_item(sort: str, name: str, wanted: Any) -> tuple[_Segment, Any, bool]:
    """The item of a list of ours that an entry of FieldsV1 names, and whether it is there."""
    items = wanted if isinstance(wanted, list) else []
    named = _named(name)
    if sort == "k:":
        item = _item(items, named)
        return named, item, item is not None
    if sort == "v:":
        return f"[{named}]", named, named in items
    return f"[{named}]", None, int(named) < len(items)


@lru_cache(maxsize=1024)
def _named(text: str) -> Any:
    """What FieldsV1 says of an item; the same few in all accounts. Not to be changed."""
    return json.loads(text)


def _item(items: list[Any], key: Mapping[str, Any]) -> Any:
    for item in items:
        if isinstance(item, dict) and _has(item, key):
            return item
    return None


def _has(item: Mapping[str, Any], key: Mapping[str, Any]) -> bool:
    for name, value in key.items():
        if item.get(name) != value:
            return False
    return True


def _word(segment: _Segment) -> str:
    if isinstance(segment, str):
        return segment
    return f"[{','.join(f'{name}={value}' for name, value in segment.items())}]"


def _owned(live: Json, subresource: str) -> Mapping[str, Any]:
    """What our manager owns by having applied it, as FieldsV1."""
    metadata = live.get("metadata") or {}
    for entry in metadata.get("managedFields") or ():
        is_ours = entry.get("manager") == OPERATOR_MANAGER and entry.get("operation") == "Apply"
        if is_ours and (entry.get("subresource") or "") == subresource:
            fields: Mapping[str, Any] = entry.get("fieldsV1") or {}
            return fields
    return {}


def _same(wanted: Any, live: Any, path: _Path) -> bool:
    if wanted == live and isinstance(wanted, bool) is isinstance(live, bool):
        return True
    if isinstance(wanted, str) and isinstance(live, str) and _is_quantity(path):
        return _amount(wanted) == _amount(live)
    return False


def _is_quantity(path: _Path) -> bool:
    return path[-1] in _QUANTITY_FIELDS or (len(path) > 1 and path[-2] in _QUANTITY_MAPS)


def _amount(quantity: str) -> Decimal | str:
    """The value of a Kubernetes quantity; the text itself where it is none."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None or match[1].strip("+-").count(".") > 1 or not match[1].strip("+-."):
        return quantity
    scale = _SCALES.get(match[2])
    return Decimal(match[1] + match[2]) if scale is None else Decimal(match[1]) * scale
