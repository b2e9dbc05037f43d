"""`make demo`, run as a person runs it: on what is there, and again."""

import os
import subprocess
import sys
from typing import Any

import pytest

from botapi.labels import COMPONENT_LABEL, RUNNER_COMPONENT
from cluster.paths import REPOSITORY
from support.kubectl import Kubectl

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]


def demo() -> str:
    """What `make demo` prints; its error is the failure's text."""
    done = subprocess.run(
        [sys.executable, "-m", "cluster.demo"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "tests")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def pods() -> dict[str, str]:
    """The uid of operator, simulator and runner, by the pod's name."""
    found: dict[str, str] = {}
    selector = f"--selector={COMPONENT_LABEL} in (operator,simulator,{RUNNER_COMPONENT})"
    for namespace in ("tradefleet", "default"):
        items: list[dict[str, Any]] = Kubectl().within(namespace).read("pods", selector)["items"]
        found |= {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}
    return found


def test_the_demo_ends_with_the_account_trading_and_again_restarts_nothing() -> None:
    """KU-22: the row, the orders at the exchange and the next commands to try."""
    shown = demo()
    first = pods()

    (row,) = (line for line in shown.splitlines() if line.startswith("account-001 "))
    assert row.split()[1:6] == ["bybit", "simulated", "live", "True", "Trading"]
    assert shown.count("exit, reduce-only") == 2
    assert shown.count(" entry\n") >= 2
    for command in ("kubectl get ta -w", '"emergencyStop":true', "make cluster-down"):
        assert command in shown
    assert "account-001-0" in first
    assert len(first) == 3

    demo()
    assert pods() == first
