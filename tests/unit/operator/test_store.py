"""What the operator remembers, and whom news concern (KU-10)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botapi.labels import ACCOUNT_LABEL, FEED_KIND, FEED_LABEL, OPERATOR_MANAGER
from botapi.naming import label_value, runner_name
from botoperator.store import Key, Place, Record, Store, cut
from support.desk_cluster import pod, thing

ALICE = Key("clients", "alice")
LONG = "a-name.that-is.longer-than.any-label-may-be." * 3


@pytest.fixture
def store() -> Store:
    """A store that knows the account alice."""
    store = Store()
    store.upsert(Record.of(thing("TradingAccount", "alice")))
    return store


def test_an_account_concerns_itself() -> None:
    store = Store()

    assert store.upsert(Record.of(thing("TradingAccount", "alice"))) == {ALICE}
    assert store.keys() == (ALICE,)


@pytest.mark.parametrize("kind", ["ServiceAccount", "Role", "RoleBinding", "StatefulSet"])
def test_a_child_concerns_the_account_of_its_name_whoever_made_it(kind: str, store: Store) -> None:
    record = Record.of(thing(kind, "alice"))

    assert store.upsert(record) == {ALICE}
    assert store.children(ALICE) == (record,)


def test_a_pod_concerns_the_account_of_its_label(store: Store) -> None:
    record = Record.of(pod("alice-0", "alice"))

    assert store.upsert(record) == {ALICE}
    assert store.pods(ALICE) == (record,)
    assert store.children(ALICE) == ()


def test_a_long_name_is_found_by_the_names_and_labels_that_were_cut() -> None:
    store, key = Store(), Key("clients", LONG)
    store.upsert(Record.of(thing("TradingAccount", LONG)))

    child = store.upsert(Record.of(thing("StatefulSet", runner_name(LONG))))
    own_pod = store.upsert(Record.of(pod(f"{runner_name(LONG)}-0", label_value(LONG))))

    assert child == own_pod == {key}
    assert len(store.children(key)) == len(store.pods(key)) == 1


def test_what_came_before_its_account_is_there_when_the_account_comes() -> None:
    store = Store()

    assert store.upsert(Record.of(thing("Role", "alice"))) == frozenset()
    assert store.upsert(Record.of(pod("alice-0", "alice"))) == frozenset()
    store.upsert(Record.of(thing("TradingAccount", "alice")))

    assert [record.place.kind for record in store.children(ALICE)] == ["Role"]
    assert len(store.pods(ALICE)) == 1


def test_an_object_of_another_namespace_concerns_nobody_here(store: Store) -> None:
    assert store.upsert(Record.of(thing("Role", "alice", namespace="elsewhere"))) == frozenset()
    assert store.children(ALICE) == ()


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_or_the_same_version_changes_nothing(version: int, store: Store) -> None:
    newest = Record.of(thing("Role", "alice", version=2))
    store.upsert(newest)

    assert store.upsert(Record.of(thing("Role", "alice", version=version))) == frozenset()
    assert store.find(newest.place) is newest


def test_a_newer_version_and_another_object_do_not_count_as_known(store: Store) -> None:
    store.upsert(Record.of(thing("Role", "alice", version=2)))

    assert store.has(thing("Role", "alice", version=2))
    assert store.has(thing("Role", "alice", version=1))
    assert not store.has(thing("Role", "alice", version=0))
    assert not store.has(thing("Role", "alice", version=3))
    assert not store.has(thing("Role", "alice", version=2, uid="another"))
    assert not store.has(thing("Role", "bob", version=2))


def test_a_successor_of_the_same_name_replaces_whatever_its_version(store: Store) -> None:
    store.upsert(Record.of(thing("Role", "alice", version=9, uid="first")))

    assert store.upsert(Record.of(thing("Role", "alice", version=8, uid="second"))) == {ALICE}
    assert store.children(ALICE)[0].uid == "second"


def test_a_pod_that_changes_its_label_concerns_both_accounts(store: Store) -> None:
    store.upsert(Record.of(thing("TradingAccount", "bob")))
    store.upsert(Record.of(pod("alice-0", "alice")))

    moved = store.upsert(Record.of(pod("alice-0", "bob", version=2)))

    assert moved == {ALICE, Key("clients", "bob")}
    assert store.pods(ALICE) == ()


def test_a_deletion_concerns_the_account_and_takes_the_object_out(store: Store) -> None:
    place = Place("Role", "clients", "alice")
    store.upsert(Record.of(thing("Role", "alice")))

    assert store.remove(place, "Role-alice") == {ALICE}
    assert store.find(place) is None
    assert store.remove(place, "Role-alice") == frozenset()


def test_the_deletion_of_a_predecessor_leaves_the_successor(store: Store) -> None:
    place = Place("Role", "clients", "alice")
    store.upsert(Record.of(thing("Role", "alice", uid="second")))

    assert store.remove(place, "first") == frozenset()
    assert store.find(place) is not None


def test_a_deleted_account_is_forgotten_and_its_children_concern_nobody(store: Store) -> None:
    store.upsert(Record.of(thing("Role", "alice")))
    store.remove(Place("TradingAccount", "clients", "alice"), "TradingAccount-alice")

    assert store.root(ALICE) is None
    assert store.count() == 0
    assert store.remove(Place("Role", "clients", "alice"), "Role-alice") == frozenset()


def test_what_a_list_lacks_is_lost_unless_it_is_younger_than_the_list(store: Store) -> None:
    for name, version in (("listed", 3), ("lost", 4), ("young", 11)):
        store.upsert(Record.of(thing("Role", name, version=version)))

    lost = store.lost("Role", ACCOUNT_LABEL, None, {"Role-listed"}, 10)

    assert [record.place.name for record in lost] == ["lost"]
    assert store.lost("Role", ACCOUNT_LABEL, "elsewhere", set(), 10) == ()


def test_a_list_of_one_label_tells_nothing_of_the_other_and_of_strangers_that_they_are_none(
    store: Store,
) -> None:
    for name, labels in (("of-feed", {FEED_LABEL: "x"}), ("of-nobody", {"theirs": "x"})):
        store.upsert(Record.of(thing("Role", name, labels=labels)))

    lost = store.lost("Role", ACCOUNT_LABEL, None, set(), 10)

    assert [record.place.name for record in lost] == ["of-nobody"]


def test_a_label_on_an_account_does_not_hide_it_from_a_list(store: Store) -> None:
    store.upsert(Record.of(thing("TradingAccount", "bob", labels={FEED_LABEL: "x"})))

    assert len(store.lost("TradingAccount", "", None, set(), 10)) == 2


def test_a_list_does_not_bring_back_what_a_watch_removed_while_it_was_read(store: Store) -> None:
    record = Record.of(thing("Role", "alice"))
    store.upsert(record)

    with store.relisting():
        store.remove(record.place, record.uid)

        assert store.upsert(record) == frozenset()
    assert store.find(record.place) is None
    assert store.upsert(record) == {ALICE}


def test_of_two_lists_at_once_neither_brings_back_what_was_removed_in_the_other(
    store: Store,
) -> None:
    record = Record.of(thing("Role", "alice"))
    store.upsert(record)

    with store.relisting():
        with store.relisting():
            store.remove(record.place, record.uid)

        assert store.upsert(record) == frozenset()


@pytest.mark.parametrize("kind", ["ServiceAccount", "Role", "RoleBinding", "Deployment", "Service"])
def test_a_feed_s_child_concerns_the_feed(kind: str) -> None:
    """KU-12."""
    store, feed = Store(), Key("clients", "feed-xrp", FEED_KIND)
    store.upsert(Record.of(thing(FEED_KIND, "feed-xrp")))
    record = Record.of(thing(kind, "feed-xrp"))

    assert store.upsert(record) == {feed}
    assert store.children(feed) == (record,)
    assert store.keys(FEED_KIND) == (feed,)
    assert store.keys() == ()


def test_an_account_with_the_name_of_a_feed_is_another_thing(store: Store) -> None:
    store.upsert(Record.of(thing(FEED_KIND, "alice")))

    assert store.upsert(Record.of(thing("StatefulSet", "alice"))) == {ALICE}
    feed = Key("clients", "alice", FEED_KIND)
    assert store.upsert(Record.of(thing("Role", "alice"))) == {ALICE, feed}
    assert [record.place.kind for record in store.children(feed)] == ["Role"]


def test_only_our_own_managed_fields_are_kept() -> None:
    ours = {"manager": OPERATOR_MANAGER, "operation": "Apply", "fieldsV1": {"f:spec": {}}}
    status = {**ours, "subresource": "status"}
    theirs = {"manager": "kubectl", "operation": "Update"}
    raw = thing("TradingAccount", "alice", managedFields=[theirs, ours, status])

    assert cut(raw)["metadata"]["managedFields"] == [ours, status]


def test_kubectl_s_copy_of_an_object_is_dropped_and_other_annotations_are_kept() -> None:
    copy = "kubectl.kubernetes.io/last-applied-configuration"
    raw = thing("TradingAccount", "alice", annotations={copy: "{}", "mine": "kept"})

    assert cut(raw)["metadata"]["annotations"] == {"mine": "kept"}
    assert raw["metadata"]["annotations"] == {copy: "{}", "mine": "kept"}


def test_of_a_pod_s_spec_the_node_alone_is_kept() -> None:
    raw = {**pod("alice-0", "alice"), "spec": {"nodeName": "one", "containers": [{"name": "x"}]}}

    assert cut(raw)["spec"] == {"nodeName": "one"}


def test_of_a_pod_s_status_what_tells_of_its_container_is_kept() -> None:
    runs = {"name": "runner", "state": {"running": {}}, "lastState": {}, "restartCount": 1}
    refused = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    raw = {
        **pod("alice-0", "alice"),
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "conditions": [{"type": "Ready", "status": "True"}, refused],
            "containerStatuses": [{**runs, "ready": True, "image": "tradefleet:1"}],
        },
    }

    assert cut(raw)["status"] == {"conditions": [refused], "containerStatuses": [runs]}


def test_of_a_stateful_set_s_status_what_tells_of_its_template_is_kept() -> None:
    told = {"observedGeneration": 2, "updateRevision": "alice-1"}
    raw = {**thing("StatefulSet", "alice"), "status": {**told, "replicas": 1, "readyReplicas": 1}}

    assert cut(raw)["status"] == told


def test_a_newer_version_that_changes_nothing_that_is_read_concerns_nobody_and_is_kept() -> None:
    store = Store()
    store.upsert(Record.of(thing("TradingAccount", "alice")))
    store.upsert(Record.of({**pod("alice-0", "alice", version=2), "status": {"podIP": ""}}))
    newer = {**pod("alice-0", "alice", version=3), "status": {"podIP": "10.0.0.7"}}

    assert store.upsert(Record.of(newer)) == frozenset()
    assert store.has(newer)


def test_another_object_of_the_same_content_concerns_its_account() -> None:
    store = Store()
    store.upsert(Record.of(thing("TradingAccount", "alice")))
    store.upsert(Record.of(pod("alice-0", "alice", version=2, uid="one")))

    concerned = store.upsert(Record.of(pod("alice-0", "alice", version=3, uid="two")))

    assert concerned == {Key("clients", "alice")}


def test_a_record_reads_back_as_it_was_and_is_small() -> None:
    containers = [{"name": f"c{place}", "image": "tradefleet:1"} for place in range(50)]
    raw = {**thing("StatefulSet", "alice"), "spec": {"containers": containers}}

    record = Record.of(raw)

    assert record.read() == raw
    assert len(record.packed) < len(json.dumps(raw)) / 4


def test_objects_of_a_kind_read_back_each_as_it_was() -> None:
    """Whatever the first of its kind was like, by which the others are compressed."""
    role = thing("Role", "alice")
    raws = [{**role, "rules": [{"verbs": ["get"] * count, "é": 0.1}]} for count in range(5)]

    assert [Record.of(raw).read() for raw in raws] == raws


_NAMES = st.sampled_from(["alice", "bob", "carol"])
_KINDS = st.sampled_from(["TradingAccount", "Role", "StatefulSet", "Pod"])
_EVENTS = st.lists(st.tuples(_KINDS, _NAMES, _NAMES, st.booleans()), max_size=40)


@given(events=_EVENTS)
def test_whatever_comes_and_goes_the_store_holds_exactly_what_is_there(
    events: list[tuple[str, str, str, bool]],
) -> None:
    store, there = Store(), dict[Place, Record]()
    for version, (kind, name, account, gone) in enumerate(events, start=1):
        place = Place(kind, "clients", name)
        if gone:
            store.remove(place, f"{kind}-{name}")
            there.pop(place, None)
        else:
            labels = {ACCOUNT_LABEL: account}
            there[place] = Record.of(thing(kind, name, version=version, labels=labels))
            store.upsert(there[place])

    assert {place: store.find(place) for place in there} == there
    accounts = {place.name for place in there if place.kind == "TradingAccount"}
    assert {key.name for key in store.keys()} == accounts
    for name in accounts:
        key = Key("clients", name)
        pods = {r for p, r in there.items() if p.kind == "Pod" and r.account_label == name}
        children = {r for p, r in there.items() if p.kind in ("Role", "StatefulSet")}
        assert set(store.pods(key)) == pods
        assert set(store.children(key)) == {r for r in children if r.place.name == name}
