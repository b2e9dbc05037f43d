"""/metrics, /livez and /readyz of a run."""

from urllib.error import HTTPError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from support.grid_life import LIFE
from support.runner_desk import RunnerDesk


def test_metrics_show_the_account_and_readiness_follows_the_conditions(desk: RunnerDesk) -> None:
    """OB-1, OB-2, RI-1: a stop makes the process unready, never unalive."""
    desk.start("--metrics-port", "0")
    desk.settles(LIFE[0].shows)
    desk.until_trading()
    port = desk.until(lambda: _port(desk), "the port is told")
    desk.until(lambda: _get(port, "/readyz") == (200, "ok\n"), "ready")
    desk.until(lambda: _sample(port, "tradefleet_account_positions_count") == 2, "two positions")
    desk.until(lambda: _sample(port, "tradefleet_orders_total") >= 6, "six answered orders")

    assert _sample(port, "tradefleet_event_to_request_seconds_count") >= 1
    desk.write(emergencyStop=True)
    desk.until(lambda: "EmergencyStop" in _get(port, "/readyz")[1], "unready")
    assert _get(port, "/livez") == (200, "ok\n")
    assert _get(port, "/other")[0] == 404
    desk.until(lambda: _sample(port, "tradefleet_account_emergency_stop_state") == 1, "the stop")


def _port(desk: RunnerDesk) -> int:
    ports = (record["port"] for record in desk.records() if record["event"] == "probes")
    return int(next(ports, 0))


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def _sample(port: int, name: str) -> float:
    """The sum over all labels of one metric of the account."""
    text = _get(port, "/metrics")[1]
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and sample.labels.get("account") == "alice"
    )
