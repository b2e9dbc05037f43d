"""How little is written: counted by the audit log, which only the built-in cluster keeps."""

import pytest

from botapi.naming import runner_name
from cluster import switches
from support.audit import CHILDREN, Audit, Entry
from support.fleet_desk import FleetDesk, elapse, restart_operator
from support.grid_life import LIFE
from support.release import Release

pytestmark = pytest.mark.cluster

STATUS = "tradingaccounts/status"


def test_writes_are_counted_and_children_come_back(desk: FleetDesk, release: Release) -> None:
    """KU-4, KU-14: 4 applies, few status writes, none for nothing; a hand's change is repaired."""
    namespace = str(desk.kubectl.namespace)
    operator = f"system:serviceaccount:{release.namespace}:"
    # Its orders rest from an earlier life: no fill and no exit on its way unsettles what is said.
    desk.apply()
    desk.settles(LIFE[0].shows)
    desk.delete()
    desk.until(lambda: not _left(desk), "the children are gone")
    audit = Audit(switches.audit_log())
    desk.apply()
    desk.until_ready()
    desk.settles(LIFE[0].shows)
    written = audit.writes(namespace=namespace, user=operator)
    by_resource = {kind: _count(written, kind) for kind in CHILDREN}
    assert by_resource == dict.fromkeys(CHILDREN, 1)
    assert _count(written, STATUS) <= 4, written
    assert len(written) == 4 + _count(written, STATUS)

    # The first comparison with the exchange may still correct a figure.
    elapse(15)
    quiet = Audit(switches.audit_log())
    desk.kubectl.must("label", "ta", desk.name, "desk=east")
    desk.apply_account()
    restart_operator(release)
    # The new one has listed everything by then, and would have written at once; the runner would
    # have had its interval of reports 30 times over.
    elapse(10)
    assert quiet.writes(namespace=namespace) == []

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


def _count(entries: list[Entry], resource: str) -> int:
    return sum(entry.resource == resource for entry in entries)


def _left(desk: FleetDesk) -> str:
    """Children of the account that are still there; the namespace's own objects are not meant."""
    kinds = ",".join([*CHILDREN, "pods"])
    found = desk.kubectl.must("get", kinds, "--output=name").split()
    return " ".join(name for name in found if desk.name in name)


def _uid(desk: FleetDesk, name: str) -> str:
    answer = desk.kubectl.run("get", "statefulset", name, "--output=jsonpath={.metadata.uid}")
    return answer.out
