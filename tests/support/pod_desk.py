"""`tradefleet runner` as a process of its own, with a pod's rights, on the local cluster's API.

The simulator is in this process and judges; the admission that the operator would give is given
here. The way to the API server goes through a proxy that a test can break.
"""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from typing_extensions import override

from botapi.labels import ACCOUNT_KIND, API_VERSION
from support.kubectl import Kubectl, Manifest
from support.pod_identity import PodIdentity
from support.program import TRADEFLEET
from support.runner_desk import RunnerDesk
from support.tcp_proxy import TcpProxy


@dataclass(slots=True, kw_only=True)
class PodDesk(RunnerDesk):
    """One account of the cluster, its runner's process and its simulator."""

    kubectl: Kubectl
    identity: PodIdentity = field(init=False)
    proxy: TcpProxy = field(init=False)

    def __post_init__(self) -> None:
        """Make the pod's identity and the way to the API server."""
        self.identity = PodIdentity(self.kubectl, self.name, self.folder / "identity")
        self.identity.mount(self.keys)
        self.proxy = TcpProxy(self.identity.url)

    @property
    def keys(self) -> dict[str, str]:
        """Keys that open an account of this name at the simulator."""
        return {"apiKey": f"sim-{self.name}", "apiSecret": f"sim-{self.name}-secret"}

    @property
    @override
    def state(self) -> Path:
        return self.folder / self.state_dir / self.name

    @property
    def manifest(self) -> Manifest:
        """The account, as its file would have it."""
        spec = self._defaults() | self.spec
        spec.pop("endpoints", None)
        return {
            "apiVersion": API_VERSION,
            "kind": ACCOUNT_KIND,
            "metadata": {"name": self.name},
            "spec": {k: v for k, v in spec.items() if v is not None},
        }

    @override
    def write(self, **spec: Any) -> None:
        """``kubectl apply`` of the account, with changed fields of the spec."""
        self.spec |= spec
        applied = self.kubectl.apply(self.manifest)
        assert applied.ok, applied.err

    @override
    def start(self, *arguments: str) -> None:
        """Start `tradefleet runner`; returns at once."""
        if not self.kubectl.run("get", "ta", self.name).ok:
            self.write()
        self.last_epoch = self.epoch()
        self.sink = (self.folder / "out.jsonl").open("a")
        self.process = subprocess.Popen(
            [*TRADEFLEET, "runner", *self._options(), *arguments],
            stdout=self.sink,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={**os.environ, "POD_NAME": f"{self.name}-0"},
        )

    def _options(self) -> list[str]:
        options = {
            "namespace": self.kubectl.namespace,
            "account": self.name,
            "simulator": self.simulator.rest_url,
            "api-server": self.proxy.url,
            "token-file": self.identity.token_file,
            "ca-file": self.identity.ca_file,
            "state-dir": self.folder / self.state_dir,
            "keys-dir": self.identity.keys_dir,
            "probe-host": "127.0.0.1",
            "probe-port": 0,
        }
        return [f"--{name}={value}" for name, value in options.items()]

    @override
    def close(self) -> None:
        RunnerDesk.close(self)
        self.proxy.close()

    # The operator's part

    def admit(self) -> str:
        """Wait for the uid that the runner reports, and admit it; the uid."""
        uid = str(self.until(lambda: self.status().get("account", {}).get("uid"), "the uid"))
        admitted = {"uid": uid, "since": "2026-01-01T00:00:00Z"}
        patch = json.dumps({"status": {"admitted": admitted}})
        options = ("--type=merge", "--subresource=status", "--patch", patch)
        self.kubectl.must("patch", "ta", self.name, *options)
        return uid

    def start_trading(self, *arguments: str) -> None:
        """Start, admit where nobody has yet, and wait until it trades."""
        self.start(*arguments)
        if "admitted" not in self.status():
            self.admit()
        self.until_trading()

    # The resource

    def patch(self, **spec: Any) -> None:
        """``kubectl patch`` of the spec."""
        patch = json.dumps({"spec": spec})
        self.kubectl.must("patch", "ta", self.name, "--type=merge", "--patch", patch)

    @override
    def status(self) -> dict[str, Any]:
        """The status as it stands in the cluster."""
        answer = self.kubectl.run("get", "ta", self.name, "--output=json")
        return dict(json.loads(answer.out).get("status", {})) if answer.ok else {}

    def metrics(self) -> dict[str, float]:
        """Every metric of the process, by its name with labels."""
        lines = self._ask("metrics").splitlines()
        pairs = [line.rpartition(" ") for line in lines if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in pairs}

    def readiness(self) -> str:
        """What /readyz says."""
        return self._ask("readyz")

    def _ask(self, path: str) -> str:
        try:
            with urlopen(f"http://127.0.0.1:{self._probe_port()}/{path}", timeout=20) as answer:
                return str(answer.read().decode())
        except HTTPError as refused:
            return refused.read().decode()

    def _probe_port(self) -> int:
        records = (json.loads(line) for line in self.output().splitlines() if line[:1] == "{")
        ports = [int(each["port"]) for each in records if each["event"] == "probes"]
        if not ports:
            raise ConnectionError("the probes are not served yet")
        return ports[-1]
