"""Server-side apply in memory, as far as one manager and some others go.

For tables and properties of pure code only: tests/integration/operator holds the same promises
against a real API server.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any

from botapi.labels import OPERATOR_MANAGER

Manifest = dict[str, Any]

KEYS: Mapping[str, tuple[str, ...]] = {
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "ownerReferences": ("uid",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
_PORT_KEYS = {"containerPort": ("containerPort", "protocol"), "port": ("port", "protocol")}
ATOMIC = frozenset({"selector", "roleRef", "fieldRef"})
"""Objects that are one value for the API server."""


def fields_v1(value: Any, name: str = "") -> Manifest:
    """The managed fields of what somebody applies."""
    if isinstance(value, dict) and name not in ATOMIC:
        return {f"f:{field}": fields_v1(below, field) for field, below in value.items()}
    if isinstance(value, list) and (keys := _keys_of(name, value)):
        return {_key_path(item, keys): {".": {}} | fields_v1(item) for item in value}
    return {}


def _keys_of(name: str, items: list[Any]) -> tuple[str, ...]:
    if name == "ports":
        return next(keys for field, keys in _PORT_KEYS.items() if field in items[0])
    return KEYS.get(name, ())


def apply_manifest(
    live: Manifest | None,
    wanted: Mapping[str, Any],
    *,
    manager: str = OPERATOR_MANAGER,
    subresource: str = "",
) -> Manifest:
    """What stands after an apply by force: merged, owned, and rid of what was owned before."""
    body = {name: value for name, value in wanted.items() if name not in ("apiVersion", "kind")}
    kept = ("labels", "annotations", "ownerReferences")
    body["metadata"] = {n: value for n, value in wanted["metadata"].items() if n in kept}
    if not body["metadata"]:
        del body["metadata"]
    owned = fields_v1(body)
    new = copy.deepcopy(live) if live is not None else _made(wanted)
    before = _entry(new, manager, subresource)
    if before is not None:
        _remove(new, before["fieldsV1"], owned)
        new["metadata"]["managedFields"].remove(before)
    _merge(new, copy.deepcopy(body))
    entry = {"manager": manager, "operation": "Apply", "fieldsV1": owned}
    if subresource:
        entry["subresource"] = subresource
    new["metadata"].setdefault("managedFields", []).append(entry)
    return new


def edit_by_hand(live: Manifest, path: tuple[Any, ...], value: Any) -> Manifest:
    """An update of one field by a person: the value is theirs from then on, and no longer ours.

    ``path`` has field names, and places in lists; a value of None takes the field away.
    """
    new = copy.deepcopy(live)
    place: Any = new
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    for entry in new["metadata"]["managedFields"]:
        _disown(entry["fieldsV1"], path, live)
    return new


def _made(wanted: Mapping[str, Any]) -> Manifest:
    metadata = {"name": wanted["metadata"]["name"], "namespace": wanted["metadata"]["namespace"]}
    return {"apiVersion": wanted["apiVersion"], "kind": wanted["kind"], "metadata": metadata}


def _entry(live: Manifest, manager: str, subresource: str) -> Manifest | None:
    entries: list[Manifest] = live["metadata"].get("managedFields", [])
    for entry in entries:
        if (entry["manager"], entry.get("subresource", "")) == (manager, subresource):
            return entry
    return None


def _key_path(item: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return "k:" + json.dumps({key: item[key] for key in keys}, separators=(",", ":"))


def _merge(live: Any, wanted: Manifest) -> None:
    for name, value in wanted.items():
        if isinstance(value, dict) and name not in ATOMIC and isinstance(live.get(name), dict):
            _merge(live[name], value)
        elif isinstance(value, list) and name in live and (keys := _keys_of(name, value)):
            _merge_items(live[name], value, keys)
        else:
            live[name] = value


def _merge_items(live: list[Any], wanted: list[Any], keys: tuple[str, ...]) -> None:
    for item in wanted:
        same = [each for each in live if all(each.get(key) == item.get(key) for key in keys)]
        if same:
            _merge(same[0], item)
        else:
            live.append(item)


def _remove(live: Any, before: Manifest, after: Manifest) -> None:
    for path, below in before.items():
        if path == ".":
            continue
        if path not in after:
            _take_away(live, path)
        elif path.startswith("f:"):
            _remove(live.get(path[2:], {}), below, after[path])
        else:
            _remove(_keyed(live, path), below, after[path])


def _take_away(live: Any, path: str) -> None:
    if path.startswith("f:"):
        live.pop(path[2:], None)
    else:
        live.remove(_keyed(live, path))


def _keyed(live: list[Any], path: str) -> Any:
    wanted = json.loads(path[2:])
    return next(each for each in live if all(each.get(key) == wanted[key] for key in wanted))


def _disown(owned: Manifest, path: tuple[Any, ...], live: Any) -> None:
    step, rest = path[0], path[1:]
    name = f"f:{step}" if isinstance(step, str) else _entry_of_item(owned, live[step])
    if name not in owned:
        # Below a value that is one for the API server: the whole of it changes hands.
        owned.clear()
    elif not rest or not owned[name]:
        del owned[name]
    else:
        _disown(owned[name], rest, live[step])


def _entry_of_item(owned: Manifest, item: Any) -> str:
    for path in owned:
        if path.startswith("k:"):
            key = json.loads(path[2:])
            if all(item.get(name) == key[name] for name in key):
                return path
    return ""
