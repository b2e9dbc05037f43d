"""How little is written: counted by the audit log, which only the built-in cluster keeps."""

from datetime import datetime

import pytest

from botapi.naming import runner_name
from cluster import switches
from support.audit import CHILDREN, Audit, Entry
from support.fleet_desk import FleetDesk, elapse, restart_operator
from support.grid_life import LIFE
from support.release import Release

pytestmark = pytest.mark.cluster

STATUS = "tradingaccounts/status"
RUNNER_WRITES = 16
"""Read, signed in, admitted, streams, recovered, and then each order that fills or rests: a runner
reports changes of state at once (KU-4), at most ten times a second."""


def test_writes_are_counted_and_children_come_back(desk: FleetDesk, release: Release) -> None:
    """KU-4, KU-14: 4 applies, few status writes, none for nothing; a hand's change is repaired."""
    namespace = str(desk.kubectl.namespace)
    operator = f"system:serviceaccount:{release.namespace}:"
    audit = Audit(switches.audit_log())
    desk.apply()
    # Both sides fill at once: what follows the first Ready is counted too.
    desk.settles(LIFE[0].shows)
    desk.until(lambda: _shows_exits(desk), "both exits are reported")
    desk.until_ready()
    written = audit.writes(namespace=namespace, user=operator)
    by_resource = {kind: _count(written, kind) for kind in CHILDREN}
    assert by_resource == dict.fromkeys(CHILDREN, 1)
    made = _pod_made_at(audit, namespace)
    assert _count([entry for entry in written if entry.at < made], STATUS) <= 2, written
    assert _count(written, STATUS) <= 4, written
    assert len(written) == 4 + _count(written, STATUS)
    reported = audit.writes(namespace=namespace, user=f"system:serviceaccount:{namespace}:")
    assert {entry.resource for entry in reported} == {STATUS}
    assert len(reported) <= RUNNER_WRITES, reported

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
    _remove(desk, "rolebinding")
    rules = desk.kubectl.read("role", name)["rules"]
    desk.kubectl.must("patch", "role", name, "--type=merge", "-p", '{"rules": []}')
    desk.until(lambda: desk.kubectl.read("role", name)["rules"] == rules, "the Role is as it was")
    _remove(desk, "statefulset", "--cascade=orphan")
    desk.settles(LIFE[0].shows)
    assert desk.pod_uid() == pod


def _count(entries: list[Entry], resource: str) -> int:
    return sum(entry.resource == resource for entry in entries)


def _shows_exits(desk: FleetDesk) -> bool:
    positions = desk.status().get("positions", ())
    return len(positions) == 2 and all(each.get("takeProfitPrice") for each in positions)


def _pod_made_at(audit: Audit, namespace: str) -> datetime:
    """When the StatefulSet's controller made the runner's pod."""
    made = [
        entry
        for entry in audit.entries()
        if (entry.verb, entry.resource, entry.namespace) == ("create", "pods", namespace)
    ]
    return min(entry.at for entry in made if entry.code < 300)


def _remove(desk: FleetDesk, kind: str, *flags: str) -> None:
    """Delete a child; returns when another one has its name.

    kubectl must not wait: it may not see that the child was gone where a new one comes at once.
    """
    name = runner_name(desk.name)
    uid = desk.kubectl.read(kind, name)["metadata"]["uid"]
    desk.kubectl.must("delete", kind, name, "--wait=false", *flags)
    desk.until(lambda: _uid(desk, kind) not in ("", uid), f"the {kind} is back")


def _uid(desk: FleetDesk, kind: str) -> str:
    path = "--output=jsonpath={.metadata.uid}"
    return desk.kubectl.run("get", kind, runner_name(desk.name), path).out
