"""What is wrong with an account is named in a condition, and mended by an edit alone.

KU-1 gives ten seconds. They are counted by the API server's clock, in whole seconds, from the write
that is wrong to the write that names it. Where a runner has to start before anybody can know, they
are counted from the start of its process: what Kubernetes takes to start a pod is not ours. Nor is
the time for which the machine gave operator and runner no processor.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from support.fleet_desk import FleetDesk, until
from support.grid_life import LIFE
from support.kubectl import Kubectl
from support.runner_desk import WRITES
from support.versions import (
    Version,
    Versions,
    condition_of,
    could_be_said_at,
    versions_of,
    written_at,
)

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

MakeDesk = Callable[..., FleetDesk]
NAMED_WITHIN = timedelta(seconds=10)
MOUNT_SECONDS = 240.0
"""The kubelet looks at a mounted Secret about once a minute."""


@pytest.fixture
def versions(namespace: Kubectl) -> Iterator[Versions]:
    """Every version of the namespace's accounts."""
    with versions_of(namespace) as versions:
        yield versions


def test_what_is_wrong_is_named_and_an_edit_alone_mends_it(
    make_desk: MakeDesk, versions: Versions
) -> None:
    """KU-1, KU-11, KU-13: keys missing, incomplete, refused, and a stop set meanwhile; a symbol
    that nobody lists; a leverage above the maximum."""
    missing, partial, refused, stopped = desks = [
        make_desk(name=name) for name in ("missing", "partial", "refused", "stopped")
    ]
    partial.apply_secret(apiSecret="")
    refused.apply_secret(apiSecret="of-somebody-else")
    for desk in (missing, partial, refused):
        desk.apply_account()
    stopped.apply_account(emergencyStop=True)

    assert "missing-keys" in _named(versions, missing, "CredentialsReady", "SecretMissing")
    assert "apiSecret" in _named(versions, partial, "CredentialsReady", "KeyMissing")
    refusal = _named(versions, refused, "CredentialsReady", "KeyRefused")
    assert refusal
    assert "of-somebody-else" not in refusal
    _named(versions, stopped, "CredentialsReady", "SecretMissing")
    # A stop is said first, also by a runner that cannot live.
    _named(versions, stopped, "TradingEnabled", "EmergencyStop")
    _named(versions, stopped, "Ready", "EmergencyStop", needs_runner=False)
    pods = {desk.name: desk.pod_uid() for desk in desks}
    for desk in desks:
        desk.apply_secret()

    # The kubelet takes its time with mounted Secrets; what else can be wrong is tried meanwhile.
    _an_unknown_symbol_is_named_and_mended_by_an_edit(versions, make_desk(name="symbol"))
    _a_leverage_above_the_maximum_is_lowered_and_said(
        versions, make_desk(name="leverage", grid={"leverage": 500})
    )

    for desk in desks:
        _takes_up_its_keys(desk)
    for desk in (missing, partial, refused):
        desk.settles(LIFE[0].shows)
        desk.until_ready()
    assert stopped.until_stopped()["cause"] == "person"
    assert stopped.requests(*WRITES) == []
    stopped.patch(emergencyStop=None)
    stopped.settles(LIFE[0].shows)
    assert {desk.name: desk.pod_uid() for desk in desks} == pods
    assert [desk.restarts() for desk in desks] == [0] * len(desks)


def test_a_stop_set_while_no_pod_can_start_is_named_and_holds_from_its_first_moment(
    make_desk: MakeDesk, namespace: Kubectl, versions: Versions
) -> None:
    """KU-1, RI-5: nobody but the operator is there to say it."""
    _allow_pods(namespace, 0)
    desk = make_desk(name="alice")
    desk.apply()
    versions.named(desk, "RunnerAvailable", "PodPending")
    desk.patch(emergencyStop=True)
    patched_at = versions.edited(desk, desk.generation())
    named = versions.named(desk, "Ready", "EmergencyStop")
    without_pod = desk.pod()
    namespace.must("delete", "resourcequota", "pods")
    stop = desk.until_stopped()

    assert written_at(named) - patched_at <= versions.patience(desk, NAMED_WITHIN)
    assert named["status"]["phase"] == "Stopped"
    assert without_pod == {}
    assert stop["cause"] == "person"
    assert desk.requests(*WRITES) == []
    desk.patch(emergencyStop=None)
    desk.settles(LIFE[0].shows)
    assert desk.restarts() == 0


def _an_unknown_symbol_is_named_and_mended_by_an_edit(versions: Versions, desk: FleetDesk) -> None:
    """KU-1: what only the exchange can know stands in a condition, at a start and later."""
    typo = desk.strategy(name="typo", symbol="NOSUCHUSDT")
    desk.apply(strategies=[typo])
    assert "NOSUCHUSDT" in _named(versions, desk, "MarketDataReady", "SymbolUnknown")
    _named(versions, desk, "Stalled", "SymbolUnknown")
    pod = desk.pod_uid()
    desk.apply_account(strategies=[desk.strategy()])
    desk.settles(LIFE[0].shows)
    desk.until_ready()

    desk.apply_account(strategies=[desk.strategy(), typo | {"name": "again"}])
    generation = desk.generation()
    edited_at = versions.edited(desk, generation)
    for kind in ("MarketDataReady", "Stalled"):
        named = versions.named(desk, kind, "SymbolUnknown", generation)
        assert written_at(named) - edited_at <= versions.patience(desk, NAMED_WITHIN)
    desk.apply_account(strategies=[desk.strategy()])
    desk.until_ready()
    assert (desk.pod_uid(), desk.restarts()) == (pod, 0)


def _a_leverage_above_the_maximum_is_lowered_and_said(versions: Versions, desk: FleetDesk) -> None:
    """GR-10, GR-1: the quantity follows the leverage in force."""
    desk.apply()
    named = versions.first(desk, _says_lowered, "LeverageLowered")
    desk.settles({"held": {"long": "75", "short": "75"}})
    desk.until_ready()
    (strategy,) = desk.status()["strategies"]

    assert written_at(named) - could_be_said_at(named) <= versions.patience(desk, NAMED_WITHIN)
    assert strategy["reason"] == "LeverageLowered"
    assert "500" in strategy["message"]
    assert strategy["applied"]["leverage"] == 75


def _says_lowered(version: Version) -> bool:
    strategies = version.get("status", {}).get("strategies", ())
    return [each.get("reason") for each in strategies] == ["LeverageLowered"]


def _named(
    versions: Versions, desk: FleetDesk, kind: str, reason: str, *, needs_runner: bool = True
) -> str:
    """The condition's message, once it names this; within the time that is promised."""
    named = versions.named(desk, kind, reason)
    begun_at = could_be_said_at(named) if needs_runner else desk.created_at()
    took = written_at(named) - begun_at
    assert took <= versions.patience(desk, NAMED_WITHIN), (desk.name, kind, reason)
    return str(condition_of(named, kind)["message"])


def _allow_pods(namespace: Kubectl, number: int) -> None:
    """Let so many pods be made in the namespace; returns when that is enforced."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "pods"},
        "spec": {"hard": {"pods": str(number)}},
    }
    answer = namespace.apply(quota)
    assert answer.ok, answer.err
    until(
        lambda: "hard" in namespace.read("resourcequota", "pods").get("status", {}),
        "the quota is enforced",
    )


def _takes_up_its_keys(desk: FleetDesk) -> None:
    desk.until(
        lambda: desk.condition("CredentialsReady").get("status") == "True",
        "the keys are taken up",
        MOUNT_SECONDS,
    )
