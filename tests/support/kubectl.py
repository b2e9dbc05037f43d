"""kubectl on the local cluster of this clone, and on no other.

A test that is pointed at somebody's real cluster by an environment variable or a default context
would apply and delete things there: so there is one kubeconfig, and every other is refused.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
KUBECONFIG = ROOT / ".cluster" / "kubeconfig"
KUBECTL = ROOT / ".cluster" / "bin" / "kubectl"

Manifest = Mapping[str, Any]


class NoClusterError(RuntimeError):
    """The local cluster is not up; `make cluster-up` brings it up."""


class ForeignClusterError(ValueError):
    """A kubeconfig that is not the one of this clone's own cluster."""


class KubectlError(AssertionError):
    """kubectl failed where the test needs it to work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What kubectl said."""

    exit_code: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubectl:
    """kubectl with the local cluster's kubeconfig and, within a namespace, that namespace."""

    kubeconfig: Path = KUBECONFIG
    namespace: str | None = None

    def __post_init__(self) -> None:
        """Refuse other kubeconfigs; say it in one line when there is no cluster."""
        if self.kubeconfig.resolve() != KUBECONFIG.resolve():
            raise ForeignClusterError(
                f"{self.kubeconfig} is not this clone's own cluster; tests use {KUBECONFIG} only"
            )
        if not (self.kubeconfig.exists() and KUBECTL.exists()):
            raise NoClusterError("no cluster: make cluster-up")

    def within(self, namespace: str) -> Self:
        """The same in a namespace."""
        return replace(self, namespace=namespace)

    def run(self, *arguments: str, stdin: str = "") -> Answer:
        """Run a command and give what it said, whether it worked or not."""
        ended = subprocess.run(
            [*self._command(), "--request-timeout=20s", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env=self.environment(),
            check=False,
        )
        return Answer(exit_code=ended.returncode, out=ended.stdout, err=ended.stderr)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command that goes on, such as a watch; the caller reads and ends it."""
        return subprocess.Popen(
            [*self._command(), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment(),
        )

    def must(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that has to work and give its output.

        Raises KubectlError with what kubectl complained about.
        """
        answer = self.run(*arguments, stdin=stdin)
        if not answer.ok:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {answer.err}")
        return answer.out

    def read(self, *arguments: str) -> Any:
        """Get something as JSON, decoded."""
        return json.loads(self.must("get", *arguments, "--output=json"))

    def apply(self, *objects: Manifest, flags: Sequence[str] = ()) -> Answer:
        """Apply objects as `kubectl apply -f` does with a file that holds them."""
        # JSON, because YAML would read a name such as y as a truth value.
        text = "\n---\n".join(json.dumps(manifest) for manifest in objects)
        return self.run("apply", *flags, "--filename=-", stdin=text)

    def apply_as(self, manager: str, *objects: Manifest, flags: Sequence[str] = ()) -> Answer:
        """Apply objects server-side under a field manager."""
        return self.apply(*objects, flags=("--server-side", f"--field-manager={manager}", *flags))

    def _command(self) -> list[str]:
        command = [str(KUBECTL), f"--kubeconfig={self.kubeconfig}"]
        if self.namespace is not None:
            command.append(f"--namespace={self.namespace}")
        return command

    @staticmethod
    def environment() -> dict[str, str]:
        """What kubectl sees: neither KUBECONFIG nor a proxy of the machine; a cache of its own."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return kept | {"KUBECACHEDIR": str(ROOT / ".cluster" / "kubectl-cache")}
