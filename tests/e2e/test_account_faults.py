"""What is wrong with an account is named in a condition, and mended by an edit alone."""

from collections.abc import Callable

import pytest

from support.fleet_desk import FleetDesk
from support.grid_life import LIFE
from support.runner_desk import WRITES

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

MakeDesk = Callable[..., FleetDesk]
MOUNT_SECONDS = 240.0
"""The kubelet looks at a mounted Secret about once a minute."""


def test_what_is_wrong_is_named_and_an_edit_alone_mends_it(
    make_desk: MakeDesk,
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

    assert "missing-keys" in missing.until_reason("CredentialsReady", "SecretMissing")["message"]
    assert "apiSecret" in partial.until_reason("CredentialsReady", "KeyMissing")["message"]
    refusal = refused.until_reason("CredentialsReady", "KeyRefused")["message"]
    assert refusal
    assert "of-somebody-else" not in refusal
    stopped.until_reason("CredentialsReady", "SecretMissing")
    # A stop is said first, also by a runner that cannot live.
    stopped.until_reason("TradingEnabled", "EmergencyStop")
    stopped.until_reason("Ready", "EmergencyStop")
    pods = {desk.name: desk.pod_uid() for desk in desks}
    for desk in desks:
        desk.apply_secret()

    # The kubelet takes its time with mounted Secrets; what else can be wrong is tried meanwhile.
    _an_unknown_symbol_is_named_and_mended_by_an_edit(make_desk(name="symbol"))
    _a_leverage_above_the_maximum_is_lowered_and_said(
        make_desk(name="leverage", grid={"leverage": 500})
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


def _an_unknown_symbol_is_named_and_mended_by_an_edit(desk: FleetDesk) -> None:
    """KU-1: what only the exchange can know stands in a condition."""
    desk.apply(strategies=[desk.strategy(name="typo", symbol="NOSUCHUSDT")])
    condition = desk.until_reason("MarketDataReady", "SymbolUnknown")
    desk.until_reason("Stalled", "SymbolUnknown")
    pod = desk.pod_uid()
    desk.apply_account(strategies=[desk.strategy()])
    desk.settles(LIFE[0].shows)
    desk.until_ready()

    assert "NOSUCHUSDT" in condition["message"]
    assert (desk.pod_uid(), desk.restarts()) == (pod, 0)


def _a_leverage_above_the_maximum_is_lowered_and_said(desk: FleetDesk) -> None:
    """GR-10, GR-1: the quantity follows the leverage in force."""
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
