"""The operator as a process on this machine, on the local cluster, for one test."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

import yaml

from support.kubectl import KUBECONFIG
from support.waiting import wait_until

PROGRAM = Path(sys.executable).with_name("tradefleet-operator")
PATIENCE_SECONDS = 60.0


class OperatorProcess:
    """One life of the operator; ``lines`` is what it has logged."""

    def __init__(self, kubeconfig: Path, namespace: str, *flags: str) -> None:
        command = [
            str(PROGRAM),
            "run",
            f"--kubeconfig={kubeconfig}",
            f"--namespace={namespace}",
            f"--watch-namespace={namespace}",
            # Never fetched: what is tested is what the operator makes, not what runs then.
            "--runner-image=localhost/tradefleet-nowhere:1",
            "--image-pull-policy=Never",
            "--simulator=http://simulator.invalid:8480",
            "--probe-host=127.0.0.1",
            "--probe-port=0",
            *flags,
        ]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=kept)
        self.lines: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        """Wait until it serves its probes."""
        self.wait_for("started")
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever the test has found."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def end(self) -> int:
        """Ask it to end as Kubernetes does, and give its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_SECONDS)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Every line about an event."""
        return [line for line in list(self.lines) if line["event"] == event]

    def wait_for(self, event: str) -> dict[str, Any]:
        """Wait for a line about an event and give it."""
        wait_until(
            lambda: bool(self.logged(event)) or not self.is_alive,
            f"the operator logs {event}",
            seconds=PATIENCE_SECONDS,
        )
        assert self.logged(event), self.lines
        return self.logged(event)[-1]

    def probe(self, path: str) -> tuple[int, str]:
        """Status and body of ``/livez``, ``/readyz`` or ``/metrics``."""
        port = int(self.logged("started")[0]["probePort"])
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metrics(self, name: str) -> dict[str, float]:
        """Every series of a metric, by its labels as written."""
        _, text = self.probe("/metrics")
        found = [line.rpartition(" ") for line in text.splitlines() if line.startswith(f"{name}{{")]
        return {series.removeprefix(name): float(value) for series, _, value in found}

    def writes(self) -> float:
        """How many requests of it have changed something, or tried to."""
        requests = self.metrics("tradefleet_operator_api_requests_total")
        return sum(count for series, count in requests.items() if 'verb="GET"' not in series)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(json.loads(line))


def api_server() -> str:
    """The address of the local cluster's API server."""
    config = yaml.safe_load(KUBECONFIG.read_text())
    return str(config["clusters"][0]["cluster"]["server"])


def kubeconfig_through(url: str, folder: Path) -> Path:
    """The local cluster's kubeconfig with another way to its API server, on loopback."""
    config = yaml.safe_load(KUBECONFIG.read_text())
    cluster = config["clusters"][0]["cluster"]
    kept = cluster if url.startswith("https:") else {}
    config["clusters"][0]["cluster"] = kept | {"server": url}
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


@contextmanager
def running(kubeconfig: Path, namespace: str, *flags: str) -> Iterator[OperatorProcess]:
    """An operator that has listed everything once."""
    with OperatorProcess(kubeconfig, namespace, *flags) as operator:
        operator.wait_for("synced")
        yield operator
