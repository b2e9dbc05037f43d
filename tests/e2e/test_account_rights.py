"""Who may do what, who may trade an account, and how little is written."""

import json
from collections.abc import Callable

import pytest

from botapi.naming import runner_name
from cluster import switches
from support.audit import Audit, Entry
from support.fleet_desk import FleetDesk, elapse, until
from support.grid_life import LIFE
from support.kubectl import Answer, Kubectl
from support.release import Release

pytestmark = pytest.mark.cluster

MakeDesk = Callable[..., FleetDesk]
CHILDREN = ("serviceaccounts", "roles", "rolebindings", "statefulsets")
STATUS = "tradingaccounts/status"


def test_neither_operator_nor_runner_may_do_more_than_they_need(
    make_desk: MakeDesk, release: Release
) -> None:
    """KU-11: tried with their own tokens, and refused by the API server."""
    alice, bob = make_desk(name="alice"), make_desk(name="bob")
    for desk in (alice, bob):
        desk.apply()
    for desk in (alice, bob):
        desk.until(desk.pod_uid, "the pod is there")
    namespace = str(alice.kubectl.namespace)
    operator = f"system:serviceaccount:{release.namespace}:{release.operator_deployment}"
    runner = f"system:serviceaccount:{namespace}:{runner_name('alice')}"
    # Server-side apply is one PATCH; `kubectl patch` would read first, and fail at that.
    own = _apply_status(alice, runner, "alice")
    assert own.ok, own.err
    refused = {
        "a Secret": _as(alice, operator, "get", "secret", "alice-keys"),
        "Secrets": _as(alice, operator, "get", "secrets", "-A"),
        "a Secret, by the runner": _as(alice, runner, "get", "secret", "alice-keys"),
        "its own spec": _as(alice, runner, "annotate", "ta", "alice", "a=b"),
        "another's status": _apply_status(alice, runner, "bob"),
        "another account": _as(alice, runner, "get", "ta", "bob"),
        "all accounts": _as(alice, runner, "get", "ta"),
    }
    for what, answer in refused.items():
        assert not answer.ok, what
        assert "forbidden" in answer.err.lower(), answer.err


def test_the_second_account_with_the_same_keys_sends_nothing(make_desk: MakeDesk) -> None:
    """KU-26: the older one trades; the other names it, and takes over when it is gone."""
    first = make_desk(name="first")
    second = make_desk(name="second", venue_account=first.venue_account)
    first.apply()
    first.settles(LIFE[0].shows)
    first.until_ready()
    before = first.count()
    second.apply()
    condition = second.until_reason("Stalled", "DuplicateAccount")
    second.until_reason("TradingEnabled", "NotAdmitted")

    assert "first" in condition["message"]
    assert first.writes(before) == []
    assert first.picture() == first.picture() | dict(LIFE[0].shows)


def test_writes_are_counted_and_children_come_back(desk: FleetDesk, release: Release) -> None:
    """KU-14: 4 applies, few status writes, none for nothing; what a hand changed is repaired."""
    namespace = str(desk.kubectl.namespace)
    operator = f"system:serviceaccount:{release.namespace}:"
    audit = Audit(switches.audit_log())
    desk.apply()
    desk.settles(LIFE[0].shows)
    desk.until_ready()
    written = audit.writes(namespace=namespace, user=operator)
    by_resource = {kind: _count(written, kind) for kind in CHILDREN}
    assert by_resource == dict.fromkeys(CHILDREN, 1)
    assert _count(written, STATUS) <= 4
    assert len(written) == 4 + _count(written, STATUS)

    quiet = Audit(switches.audit_log())
    desk.kubectl.must("label", "ta", desk.name, "desk=east")
    desk.apply_account()
    _restart_operator(release)
    # The new one has listed everything by then, and would have written at once.
    elapse(10)
    assert quiet.writes(namespace=namespace, user=operator) == []

    pod = desk.pod_uid()
    name = runner_name(desk.name)
    desk.kubectl.must("delete", "rolebinding", name)
    desk.until(lambda: desk.kubectl.run("get", "rolebinding", name).ok, "the binding is back")
    rules = desk.kubectl.read("role", name)["rules"]
    desk.kubectl.must("patch", "role", name, "--type=merge", "-p", '{"rules": []}')
    desk.until(lambda: desk.kubectl.read("role", name)["rules"] == rules, "the Role is as it was")
    uid = desk.kubectl.read("statefulset", name)["metadata"]["uid"]
    desk.kubectl.must("delete", "statefulset", name, "--cascade=orphan")
    desk.until(lambda: _uid(desk, name) not in ("", uid), "the StatefulSet is back")
    desk.settles(LIFE[0].shows)
    assert desk.pod_uid() == pod


def _as(desk: FleetDesk, user: str, *arguments: str, stdin: str = "") -> Answer:
    groups = ("system:serviceaccounts", "system:authenticated")
    flags = [f"--as={user}", *(f"--as-group={group}" for group in groups)]
    return desk.kubectl.run(*arguments, *flags, stdin=stdin)


def _apply_status(desk: FleetDesk, user: str, account: str) -> Answer:
    part = {
        "apiVersion": "tradefleet.dev/v1alpha1",
        "kind": "TradingAccount",
        "metadata": {"name": account},
        "status": {"openOrders": 7},
    }
    flags = ("--server-side", "--subresource=status", "--field-manager=tried", "--filename=-")
    return _as(desk, user, "apply", *flags, "--force-conflicts", stdin=json.dumps(part))


def _count(entries: list[Entry], resource: str) -> int:
    return sum(entry.resource == resource for entry in entries)


def _uid(desk: FleetDesk, name: str) -> str:
    answer = desk.kubectl.run("get", "statefulset", name, "--output=jsonpath={.metadata.uid}")
    return answer.out


def _restart_operator(release: Release) -> None:
    operator = Kubectl().within(release.namespace)
    name = f"deployment/{release.operator_deployment}"
    operator.must("rollout", "restart", name)

    def done() -> bool:
        return operator.run("rollout", "status", name, "--timeout=5s").ok

    until(done, "the new operator serves")
