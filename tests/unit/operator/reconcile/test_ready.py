"""What Ready sums up, and what a stop makes of it (KU-3)."""

from datetime import timedelta

import pytest

from support.operator_cluster import OperatorCluster
from support.operator_objects import (
    NOW,
    pod_of,
    running,
    stamp,
    stored_account,
    waiting,
    with_condition,
)
from support.settled_account import said, settled, trading


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("CredentialsReady", "KeyExpired"),
        ("MarketDataReady", "PriceStale"),
        ("Protected", "TakeProfitMissing"),
        ("TradingEnabled", "RiskLimit"),
    ],
)
def test_ready_gives_the_reason_of_what_fails(kind: str, reason: str) -> None:
    cluster = settled(with_condition(trading(), kind, reason, "because"))

    assert said(cluster, "Ready") == ("False", reason)
    assert cluster.condition("Ready")["message"] == f"{kind}: because"


def test_ready_gives_the_first_of_two_reasons() -> None:
    raw = with_condition(trading(), "TradingEnabled", "RiskLimit")

    cluster = settled(with_condition(raw, "CredentialsReady", "KeyRefused"))

    assert said(cluster, "Ready") == ("False", "KeyRefused")


def test_a_newer_runners_reason_is_passed_on_in_words() -> None:
    """The set of reasons is part of the API: Ready carries none that its table lacks."""
    cluster = settled(with_condition(trading(), "TradingEnabled", "Moonquake", "wait"))

    assert said(cluster, "Ready") == ("False", "NotReported")
    assert cluster.condition("Ready")["message"] == "TradingEnabled: Moonquake: wait"


@pytest.mark.parametrize("kind", ["CredentialsReady", "Protected"])
def test_a_condition_that_nobody_has_given_keeps_ready_false(kind: str) -> None:
    raw = trading(started=NOW - timedelta(minutes=5))
    raw["status"]["conditions"] = [c for c in raw["status"]["conditions"] if c["type"] != kind]

    assert said(settled(raw), "Ready") == ("False", "NotReported")


def test_ready_needs_the_runners_generation_too() -> None:
    """KU-3."""
    raw = trading()
    raw["metadata"]["generation"] = 2

    cluster = settled(raw)

    assert said(cluster, "Ready") == ("False", "NotReported")
    assert said(cluster, "Reconciling") == ("True", "Progressing")
    assert cluster.account["status"]["observedGeneration"] == 2


_STOP = {
    "id": "8c2f6d",
    "cause": "margin",
    "reason": "rate 91 %",
    "policy": "CancelEntries",
    "since": stamp(NOW),
    "latched": True,
}


def test_a_latched_stop_says_how_it_ends() -> None:
    """KU-3: False in a stop."""
    cluster = settled(trading(emergency=_STOP))

    assert said(cluster, "Ready") == ("False", "EmergencyStop")
    assert cluster.condition("Ready")["message"] == (
        "margin: rate 91 %; set spec.acknowledgedEmergency: 8c2f6d"
    )
    assert cluster.account["status"]["phase"] == "Stopped"


def test_a_persons_stop_shows_before_the_runner_has_reported_it() -> None:
    raw = trading()
    raw["metadata"]["annotations"] = {"tradefleet.dev/emergency-stop": "true"}

    cluster = settled(raw)

    assert cluster.account["status"]["phase"] == "Stopped"
    assert "annotation tradefleet.dev/emergency-stop" in cluster.condition("Ready")["message"]


def test_a_stop_that_was_taken_back_holds_until_the_runner_has_ended_it() -> None:
    cluster = settled(trading(emergency=_STOP | {"cause": "person", "latched": False}))

    assert cluster.account["status"]["phase"] == "Stopped"
    assert cluster.condition("Ready")["message"] == "the runner ends its stop"


def test_a_stop_that_no_runner_carries_out_says_so() -> None:
    raw = stored_account(emergencyStop=True)

    cluster = settled(raw, pod_of(raw, waiting("ErrImagePull", "not found"), created=NOW))

    assert said(cluster, "Ready") == ("False", "EmergencyStop")
    assert cluster.condition("Ready")["message"] == (
        "a person stopped it by spec.emergencyStop; no runner carries it out: not found"
    )
    assert said(cluster, "RunnerAvailable") == ("False", "ImagePull")


def test_a_stop_shows_on_a_specification_that_cannot_be_read() -> None:
    raw = trading()
    raw["spec"] |= {"strategies": "nonsense", "emergencyStop": True}
    cluster = OperatorCluster(account=raw, pods=[pod_of(raw, running())])

    cluster.settle()

    assert said(cluster, "Stalled") == ("True", "InvalidSpec")
    assert said(cluster, "Ready") == ("False", "EmergencyStop")
