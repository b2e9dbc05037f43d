"""A latched stop that a person ends while nobody runs."""

from typing import Any

from support.grid_life import LIFE
from support.runner_desk import RunnerDesk


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
