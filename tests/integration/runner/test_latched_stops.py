"""Stops that the runner engages by itself: they outlive kill -9 and end only by a person."""

from typing import Any

import pytest

from support.grid_life import LIFE
from support.runner_desk import CREATE, RunnerDesk

_SOON: dict[str, Any] = {"privateMaxAttempts": 1, "privateLatchSeconds": 10}


def _started(desk: RunnerDesk, **spec: Any) -> None:
    desk.write(**spec)
    desk.start()
    desk.settles(LIFE[0].shows)
    desk.until_trading()


def _stopped_by_margin(desk: RunnerDesk) -> dict[str, Any]:
    """The maintenance margin of the first levels is above 0.015 % of the margin balance."""
    risk = {"maintenanceMarginRateThreshold": 0.015, "maxPriceAgeSeconds": 300}
    _started(desk, risk=risk)
    desk.price("0.99")
    return desk.until_stopped()


def test_a_margin_stop_is_latched_and_outlives_a_kill(desk: RunnerDesk) -> None:
    """GR-50, RI-2, RI-8: with the status gone too; the file is the latch."""
    stop = _stopped_by_margin(desk)
    desk.kill()
    (desk.state / "status.yaml").unlink()
    before = desk.count()
    desk.start()
    again = desk.until_stopped()

    assert (again["cause"], again["latched"]) == ("margin", True)
    assert again["id"] == stop["id"]
    assert (desk.state / ".emergency_stop").read_text().splitlines()[0] == stop["id"]
    assert desk.adding(before) == []
    assert desk.picture()["longExit"] != []


def test_only_the_acknowledgement_of_this_very_stop_ends_it(desk: RunnerDesk) -> None:
    """RI-2, RI-8: another id ends nothing; its own id does, and the file goes."""
    stop = _stopped_by_margin(desk)
    desk.write(acknowledgedEmergency="zzzzzz", emergencyStop=True)
    desk.until(lambda: "acknowledgedEmergency" in desk.path.read_text())
    desk.write(emergencyStop=None)
    desk.write(risk={"maintenanceMarginRateThreshold": 90, "maxPriceAgeSeconds": 300})

    desk.until(lambda: desk.requests("/v5/account/wallet-balance"))
    assert desk.emergency()["id"] == stop["id"]
    desk.write(acknowledgedEmergency=stop["id"])
    desk.settles(LIFE[1].shows)
    assert not (desk.state / ".emergency_stop").exists()


def test_deleting_the_file_ends_a_latched_stop(desk: RunnerDesk) -> None:
    """RI-8."""
    _stopped_by_margin(desk)
    desk.write(risk={"maintenanceMarginRateThreshold": 90, "maxPriceAgeSeconds": 300})
    (desk.state / ".emergency_stop").unlink()

    desk.settles(LIFE[1].shows)
    desk.until(lambda: not desk.emergency())


def test_a_stop_acknowledged_while_nobody_ran_does_not_come_back(desk: RunnerDesk) -> None:
    """RI-2, RI-8."""
    stop = _stopped_by_margin(desk)
    desk.kill()
    desk.write(
        acknowledgedEmergency=stop["id"],
        risk={"maintenanceMarginRateThreshold": 90, "maxPriceAgeSeconds": 300},
    )
    desk.start()

    desk.settles(LIFE[1].shows)
    assert not (desk.state / ".emergency_stop").exists()


def test_a_lost_private_stream_holds_entries_back_and_then_latches(desk: RunnerDesk) -> None:
    """RI-1: cause stream, after the attempts and the seconds of the specification."""
    _started(desk, streams=_SOON)
    desk.command("refuse-handshake", stream="private", status=503, count=None)
    desk.command("cut", stream="private", account=desk.name)
    desk.until(lambda: desk.condition("TradingEnabled").get("reason") == "StreamLost")
    before = desk.count()
    stop = desk.until_stopped()

    assert (stop["cause"], stop["latched"]) == ("stream", True)
    assert desk.adding(before) == []


@pytest.mark.parametrize(
    ("risk", "cause"),
    [
        pytest.param({"maxConsecutiveErrors": 2}, "errors", id="errors"),
        pytest.param(
            {"maxConsecutiveErrors": 100, "invariantGraceSeconds": 5}, "invariant", id="invariant"
        ),
    ],
)
def test_refusals_without_end_stop_the_account(
    desk: RunnerDesk, risk: dict[str, int], cause: str
) -> None:
    """RI-1, GR-3: writes refused in a row, or sides that stay uneven beyond the grace."""
    _started(desk, risk={"maxPriceAgeSeconds": 300} | risk)
    desk.command("answer", path=CREATE, account=desk.name, code=10001, count=None)
    desk.price("0.99")
    stop = desk.until_stopped()

    assert (stop["cause"], stop["latched"]) == (cause, True)
