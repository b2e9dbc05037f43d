"""Drift: an apply is followed by silence, a hand edit by an apply, whatever is applied."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from botapi.metadata import ObjectMeta
from botapi.v1alpha1.feed import MarketDataFeed, MarketDataFeedSpec
from botoperator.reconcile.drift import differences
from botoperator.resources.children import build_children, build_feed_children
from botoperator.settings import FeedSettings, PullPolicy, Resources, Settings
from support.accounts import Manifest
from support.operator_objects import SETTINGS, parsed, stored_account
from support.server_side_apply import ATOMIC, apply_manifest, edit_by_hand

_QUANTITIES = st.sampled_from(["25m", "1", "0.5", "96Mi", "1Gi", "250M"])
_RESOURCES = st.builds(
    Resources,
    requests=st.dictionaries(st.sampled_from(["cpu", "memory"]), _QUANTITIES),
    limits=st.dictionaries(st.sampled_from(["cpu", "memory"]), _QUANTITIES),
)
_SETTINGS = st.builds(
    replace,
    st.just(SETTINGS),
    runner_image=st.sampled_from(["example.org/a:1", "example.org/b:2"]),
    image_pull_policy=st.sampled_from(PullPolicy),
    image_pull_secrets=st.lists(st.sampled_from("abc"), unique=True).map(tuple),
    runner_resources=_RESOURCES,
    simulator=st.sampled_from([None, "http://simulator:8480"]),
    feeds=st.sampled_from([None, FeedSettings(), FeedSettings(max_connections=7)]),
)
_FEED = MarketDataFeed(
    api_version="tradefleet.dev/v1alpha1",
    kind="MarketDataFeed",
    metadata=ObjectMeta(name="feed-case", namespace="tradefleet", uid="feed-uid"),
    spec=MarketDataFeedSpec.model_validate(
        {"exchange": "bybit", "environment": "simulated", "symbol": "XRPUSDT"}
    ),
)


@st.composite
def _accounts(draw: st.DrawFn) -> Manifest:
    raw = stored_account(
        draw(st.sampled_from(["case", "a.b", "x" * 60])),
        mode=draw(st.sampled_from(["live", "dryRun"])),
        environment=draw(st.sampled_from(["demo", "simulated"])),
        initialBalance=draw(st.sampled_from([1000, 5])),
    )
    if raw["spec"]["mode"] == "dryRun" and draw(st.booleans()):
        del raw["spec"]["credentials"]
    return raw


def _children(raw: Manifest, wanted: Settings) -> list[Manifest]:
    feeds = wanted.feeds or FeedSettings()
    of_a_feed = build_feed_children(_FEED, feeds, wanted)
    return [*build_children(parsed(raw), wanted), *of_a_feed]


@given(_accounts(), _SETTINGS)
def test_what_is_applied_needs_no_second_apply(raw: Manifest, wanted: Settings) -> None:
    for manifest in _children(raw, wanted):
        assert differences(manifest, apply_manifest(None, manifest)) == ()


@given(_accounts(), _SETTINGS, _SETTINGS)
def test_a_change_of_what_we_want_is_one_apply_and_then_silence(
    raw: Manifest, before: Settings, after: Settings
) -> None:
    for old, new in zip(_children(raw, before), _children(raw, after), strict=True):
        live = apply_manifest(None, old)

        changed = apply_manifest(live, new)

        assert differences(new, changed) == ()
        assert bool(differences(new, live)) is (_content(live) != _content(changed))


def _content(live: Manifest) -> Manifest:
    return {name: value for name, value in live.items() if name != "metadata"} | {
        "metadata": {n: v for n, v in live["metadata"].items() if n != "managedFields"}
    }


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a manifest at which a person may change one value."""
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from _leaves(below, (*path, name))
    elif isinstance(value, list) and value:
        for place, item in enumerate(value):
            yield from _leaves(item, (*path, place))
    else:
        yield path


_NAMING = frozenset(
    {"apiVersion", "kind", "name", "namespace", "uid", "mountPath", "protocol", "port"}
    | {"containerPort"}
)
"""What says which object or item it is: changed, it is another."""


def _editable(manifest: Manifest) -> list[tuple[Any, ...]]:
    every = _leaves({n: v for n, v in manifest.items() if n not in ("apiVersion", "kind")})
    return [
        path
        for path in every
        if path[-1] not in _NAMING
        and path[-1] not in ("containerPort", "port")
        and not ATOMIC & {*path}
    ]


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case _:
            return f"{value}7"


@given(_accounts(), _SETTINGS, st.data())
def test_any_one_field_of_ours_that_is_edited_by_hand_is_found_and_repaired(
    raw: Manifest, wanted: Settings, data: st.DataObject
) -> None:
    manifest = data.draw(st.sampled_from(_children(raw, wanted)))
    path = data.draw(st.sampled_from(_editable(manifest)))
    live = apply_manifest(None, manifest)
    value: Any = live
    for step in path:
        value = value[step]

    edited = edit_by_hand(live, path, data.draw(st.sampled_from([_other(value), None])))

    assert differences(manifest, edited) != ()
    assert differences(manifest, apply_manifest(edited, manifest)) == ()


def _foreign_places(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for name, below in value.items():
            if name not in ATOMIC and name not in ("rules", "subjects", "managedFields"):
                yield from _foreign_places(below)
    elif isinstance(value, list):
        for item in value:
            yield from _foreign_places(item)


@given(_accounts(), _SETTINGS, st.data())
def test_fields_that_others_add_are_left_alone(
    raw: Manifest, wanted: Settings, data: st.DataObject
) -> None:
    manifest = data.draw(st.sampled_from(_children(raw, wanted)))
    live = apply_manifest(None, manifest)

    for place in data.draw(st.lists(st.sampled_from(list(_foreign_places(live))), max_size=5)):
        place[data.draw(st.sampled_from(["theirs", "status", "x"]))] = data.draw(
            st.sampled_from(["1", 1, True, {"a": "b"}, ["c"]])
        )

    assert differences(manifest, live) == ()


@given(_accounts(), _SETTINGS)
def test_a_comparison_changes_neither_side(raw: Manifest, wanted: Settings) -> None:
    for manifest in _children(raw, wanted):
        live = apply_manifest(None, manifest)
        before = copy.deepcopy((manifest, live))

        differences(manifest, live)

        assert (manifest, live) == before
