"""Who may do what, and who may trade an account."""

import json
from collections.abc import Callable

import pytest

from botapi.naming import runner_name
from support.fleet_desk import FleetDesk
from support.grid_life import LIFE
from support.kubectl import Answer
from support.release import Release

pytestmark = pytest.mark.cluster

MakeDesk = Callable[..., FleetDesk]


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
    first.until_covered()
    first.until_ready()
    before = first.count()
    second.apply()
    condition = second.until_reason("Stalled", "DuplicateAccount")
    second.until_reason("TradingEnabled", "NotAdmitted")

    assert "first" in condition["message"]
    assert first.writes(before) == []
    first.settles(LIFE[0].shows)
    first.delete()
    second.until_ready()
    second.settles(LIFE[0].shows)


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
