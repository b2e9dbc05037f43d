"""What differs between a live object and the manifest we want, case by case."""

from typing import Any

import pytest

from botoperator.reconcile.drift import differences, differs_at
from support.accounts import Manifest
from support.server_side_apply import apply_manifest, edit_by_hand

_WANTED: Manifest = {
    "apiVersion": "v1",
    "kind": "Thing",
    "metadata": {"name": "thing", "namespace": "clients", "labels": {"ours": "1"}},
    "spec": {
        "on": True,
        "count": 1,
        "args": ["run", "--fast"],
        "rules": [{"verbs": ["get"]}, {"verbs": ["watch"]}],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "ports": [{"containerPort": 8080, "protocol": "TCP", "name": "metrics"}],
        "resources": {"requests": {"cpu": "25m", "memory": "96Mi"}},
        "scratch": {"sizeLimit": "64Mi"},
    },
}


def _live() -> Manifest:
    return apply_manifest(None, _WANTED)


def test_what_was_applied_does_not_differ() -> None:
    assert differences(_WANTED, _live()) == ()


_EDITS: list[tuple[tuple[Any, ...], Any, str]] = [
    (("spec", "count"), 2, "spec.count"),
    (("spec", "count"), None, "spec.count"),
    (("spec", "on"), 1, "spec.on"),
    (("spec", "args"), ["run"], "spec.args"),
    (("spec", "args"), ["run", "--slow"], "spec.args.1"),
    (("spec", "rules"), [{"verbs": ["get"]}], "spec.rules"),
    (("spec", "rules", 0, "verbs"), ["delete"], "spec.rules.0.verbs.0"),
    (("spec", "env", 1, "value"), "3", "spec.env.[name=B].value"),
    (("spec", "env"), [{"name": "A", "value": "1"}], "spec.env.[name=B]"),
    (("spec", "ports", 0, "name"), "web", "spec.ports.[containerPort=8080,protocol=TCP].name"),
    (("spec", "resources", "requests", "cpu"), "250m", "spec.resources.requests.cpu"),
    (("spec", "scratch", "sizeLimit"), "64M", "spec.scratch.sizeLimit"),
    (("metadata", "labels", "ours"), "2", "metadata.labels.ours"),
    (("metadata", "labels"), None, "metadata.labels"),
]


@pytest.mark.parametrize(("path", "value", "found"), _EDITS, ids=[found for _, _, found in _EDITS])
def test_a_field_of_ours_that_was_edited_is_found(
    path: tuple[Any, ...], value: Any, found: str
) -> None:
    assert differences(_WANTED, edit_by_hand(_live(), path, value)) == (found,)


_ADDED: list[tuple[tuple[Any, ...], Any]] = [
    (("metadata", "labels", "theirs"), "1"),
    (("metadata", "annotations"), {"theirs": "1"}),
    (("spec", "defaulted"), "yes"),
    (("spec", "ports", 0, "hostPort"), 0),
    (("status",), {"ready": 1}),
    (
        ("spec", "env"),
        [
            {"name": "Z", "value": "9"},
            {"name": "B", "value": "2"},
            {"name": "A", "value": "1"},
        ],
    ),
]


@pytest.mark.parametrize(("path", "value"), _ADDED, ids=[str(path[-1]) for path, _ in _ADDED])
def test_what_others_add_is_left_alone(path: tuple[Any, ...], value: Any) -> None:
    live = _live()
    place: Any = live
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    assert differences(_WANTED, live) == ()


@pytest.mark.parametrize(
    ("field", "spelled", "same"),
    [
        ("cpu", "0.025", True),
        ("cpu", "25000u", True),
        ("cpu", "2.5e-2", True),
        ("cpu", "25", False),
        ("memory", "98304Ki", True),
        ("memory", "100663296", True),
        ("memory", "96M", False),
        ("memory", "none", False),
        ("memory", "", False),
    ],
)
def test_one_amount_spelled_differently_is_the_same(field: str, spelled: str, same: bool) -> None:
    """As Kubernetes' resource.Quantity reads it."""
    live = _live()
    live["spec"]["resources"]["requests"][field] = spelled

    assert (differences(_WANTED, live) == ()) is same


def test_only_amounts_are_read_as_amounts() -> None:
    live = _live()
    live["spec"]["env"][0]["value"] = "1000m"

    assert differences(_WANTED, live) == ("spec.env.[name=A].value",)


def _without(*path: Any) -> Manifest:
    wanted = apply_manifest(None, _WANTED)
    del wanted["metadata"]["managedFields"]
    place: Any = wanted
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return wanted


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (_without("spec", "count"), "spec.count"),
        (_without("spec", "env", 0), "spec.env.[name=A]"),
        (_without("spec", "env", 0, "value"), "spec.env.[name=A].value"),
        (_without("metadata", "labels"), "metadata.labels"),
        (_without("spec", "resources", "requests", "cpu"), "spec.resources.requests.cpu"),
    ],
    ids=["field", "item", "field of an item", "map", "deep"],
)
def test_what_we_own_and_no_longer_want_is_found(wanted: Manifest, found: str) -> None:
    assert differences(wanted, _live()) == (found,)


def _owned(fields: Manifest) -> Manifest:
    live = _live()
    live["metadata"]["managedFields"] = [
        {"manager": "tradefleet-operator", "operation": "Apply", "fieldsV1": fields}
    ]
    return live


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ('v:"run"', ()),
        ('v:"--slow"', ("spec.args.[--slow]",)),
        ("i:1", ()),
        ("i:2", ("spec.args.[2]",)),
    ],
)
def test_items_owned_by_value_or_by_place(entry: str, found: tuple[str, ...]) -> None:
    """Path elements of FieldsV1; no list that we apply today is owned in this way."""
    assert differences(_WANTED, _owned({"f:spec": {"f:args": {entry: {}}}})) == found


@pytest.mark.parametrize(
    "entry",
    [
        {"manager": "kubectl-edit", "operation": "Update"},
        {"manager": "tradefleet-operator", "operation": "Update"},
        {"manager": "tradefleet-operator", "operation": "Apply", "subresource": "status"},
    ],
)
def test_what_others_or_other_parts_of_us_own_is_no_business_here(entry: Manifest) -> None:
    live = _live()
    live["metadata"]["managedFields"].append(entry | {"fieldsV1": {"f:spec": {"f:theirs": {}}}})

    assert differences(_WANTED, live) == ()


def test_an_object_without_managed_fields_is_compared_by_its_values() -> None:
    live = _live()
    del live["metadata"]["managedFields"]

    assert differences(_WANTED, live) == ()


def test_a_fixed_field_is_judged_by_itself() -> None:
    live = edit_by_hand(_live(), ("spec", "count"), 2)

    assert differs_at(_WANTED, live, ("spec", "count"))
    assert not differs_at(_WANTED, live, ("spec", "args"))
    assert differs_at(_WANTED, {"metadata": {}}, ("spec", "args"))
