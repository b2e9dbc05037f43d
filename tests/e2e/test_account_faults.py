"""What is wrong with an account is named in a condition, and mended by an edit alone."""

from collections.abc import Callable

import pytest

from support.fleet_desk import FleetDesk
from support.grid_life import LIFE
from support.runner_desk import WRITES

pytestmark = pytest.mark.cluster

MakeDesk = Callable[..., FleetDesk]
MOUNT_SECONDS = 240.0
"""The kubelet looks at a mounted Secret about once a minute."""


def test_wrong_keys_are_named_and_new_ones_are_taken_up_without_a_restart(
    make_desk: MakeDesk,
) -> None:
    """KU-1, KU-11, KU-13: missing, incomplete, refused; and a stop that was set meanwhile."""
    missing, partial, refused, stopped = (
        make_desk(name=name) for name in ("missing", "partial", "refused", "stopped")
    )
    partial.apply_secret(apiSecret="")
    refused.apply_secret(apiSecret="of-somebody-else")
    for desk in (missing, partial, refused):
        desk.apply_account()
    stopped.apply_account(emergencyStop=True)

    assert "missing-keys" in missing.until_reason("CredentialsReady", "SecretMissing")["message"]
    assert "apiSecret" in partial.until_reason("CredentialsReady", "KeyMissing")["message"]
    refusal = refused.until_reason("CredentialsReady", "KeyRefused")["message"]
    assert refusal
    assert "of-somebody-else" not in refusal
    stopped.until_reason("CredentialsReady", "SecretMissing")
    # A stop is said first, also by a runner that cannot live.
    stopped.until_reason("TradingEnabled", "EmergencyStop")
    pods = {desk.name: desk.pod_uid() for desk in (missing, partial, refused, stopped)}

    for desk in (missing, partial, refused, stopped):
        desk.apply_secret()
    for desk in (missing, partial, refused):
        _takes_up_its_keys(desk)
        desk.settles(LIFE[0].shows)
        desk.until_ready()
    _takes_up_its_keys(stopped)
    assert stopped.until_stopped()["cause"] == "person"
    assert stopped.requests(*WRITES) == []
    stopped.patch(emergencyStop=None)
    stopped.settles(LIFE[0].shows)
    for desk in (missing, partial, refused, stopped):
        assert (desk.pod_uid(), desk.restarts()) == (pods[desk.name], 0)


def test_an_unknown_symbol_is_named_and_mended_by_an_edit(make_desk: MakeDesk) -> None:
    """KU-1: what only the exchange can know stands in a condition."""
    desk = make_desk(name="alice")
    desk.apply(strategies=[desk.strategy(name="typo", symbol="NOSUCHUSDT")])
    condition = desk.until_reason("MarketDataReady", "SymbolUnknown")
    desk.until_reason("Stalled", "SymbolUnknown")
    pod = desk.pod_uid()
    desk.apply_account(strategies=[desk.strategy()])
    desk.settles(LIFE[0].shows)
    desk.until_ready()

    assert "NOSUCHUSDT" in condition["message"]
    assert (desk.pod_uid(), desk.restarts()) == (pod, 0)


def test_a_leverage_above_the_maximum_is_lowered_and_said(make_desk: MakeDesk) -> None:
    """GR-10, GR-1: the quantity follows the leverage in force."""
    desk = make_desk(name="alice", grid={"leverage": 500})
    desk.apply()
    desk.settles({"held": {"long": "75", "short": "75"}})
    desk.until_ready()
    (strategy,) = desk.status()["strategies"]

    assert strategy["reason"] == "LeverageLowered"
    assert "500" in strategy["message"]
    assert strategy["applied"]["leverage"] == 75


def _takes_up_its_keys(desk: FleetDesk) -> None:
    desk.until(
        lambda: desk.condition("CredentialsReady").get("status") == "True",
        "the keys are taken up",
        MOUNT_SECONDS,
    )
