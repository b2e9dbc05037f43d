"""When the operator is to be restarted, and when it is not."""

from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from prometheus_client import CollectorRegistry

from botoperator.handlers.probes import Probes, serving
from botoperator.meters import WorkMeters
from botoperator.vitals import Vitals


def test_a_loop_that_has_its_turn_and_works_its_queue_off_is_well() -> None:
    vitals = Vitals(beat_at=100, oldest_seconds=300)

    assert vitals.illness(130) == ()


def test_a_loop_that_hangs_is_ill() -> None:
    assert Vitals(beat_at=100).illness(131) == ("the event loop has not had its turn for 31 s",)


def test_a_queue_that_is_not_worked_off_is_ill() -> None:
    vitals = Vitals(beat_at=100, oldest_seconds=301)

    assert vitals.illness(100) == ("an account has been due for 301 s",)


def test_while_the_api_server_does_not_answer_a_queue_may_wait() -> None:
    """KU-16: a restart would mend nothing."""
    vitals = Vitals(beat_at=100, oldest_seconds=301, trouble="refused")

    assert vitals.illness(100) == ()


def test_before_the_first_list_it_is_not_ready_and_says_why() -> None:
    vitals = Vitals(beat_at=0, trouble="connection refused")

    assert vitals.unreadiness() == ("the first list is not complete: connection refused",)
    vitals.is_synced = True
    assert vitals.unreadiness() == ()


@pytest.fixture
def vitals() -> Vitals:
    """A loop that had its last turn at second 0."""
    return Vitals(beat_at=0)


@pytest.fixture
def port(vitals: Vitals) -> Iterator[int]:
    """The port of the probes; for them it is always second 10."""
    registry = CollectorRegistry()
    WorkMeters(registry).worked("success", 0.1)
    with serving(Probes(vitals, registry, lambda: 10), 0, "127.0.0.1") as port:
        yield port


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body of one page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_the_probes_answer_for_the_loop(port: int, vitals: Vitals) -> None:
    assert ask(port, "/livez") == (200, "alive\n")
    assert ask(port, "/readyz")[0] == 503
    vitals.is_synced, vitals.beat_at = True, -21

    assert ask(port, "/readyz") == (200, "ready\n")
    assert ask(port, "/livez") == (503, "the event loop has not had its turn for 31 s\n")


def test_the_metrics_are_there(port: int) -> None:
    status, body = ask(port, "/metrics")

    assert status == 200
    assert 'tradefleet_operator_reconciles_total{result="success"} 1.0' in body


def test_another_page_names_those_there_are(port: int) -> None:
    assert ask(port, "/") == (404, "/livez, /readyz and /metrics are here\n")


def test_a_port_that_is_taken_is_an_error_of_the_system(port: int, vitals: Vitals) -> None:
    probes = Probes(vitals, CollectorRegistry(), lambda: 0)

    with pytest.raises(OSError), serving(probes, port, "127.0.0.1"):
        pass
