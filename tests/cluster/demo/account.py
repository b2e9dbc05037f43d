"""The example account: applied, and followed until it trades."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cluster import processes
from cluster.errors import ClusterError
from cluster.paths import REPOSITORY
from cluster.progress import say
from cluster.release import NAMESPACE as OPERATOR_NAMESPACE
from cluster.release import OPERATOR, kubectl, read

NAME = "account-001"
NAMESPACE = "default"
FILE = REPOSITORY / "examples" / f"{NAME}.yaml"

_PATIENCE_SECONDS = 300
_HERE = f"--namespace={NAMESPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a TradingAccount says of itself at one moment."""

    phase: str = ""
    is_ready: bool = False
    is_current: bool = False
    """What is said is about the specification that was applied last."""
    is_rolled: bool = False
    """No pod of an older image is left."""
    reason: str = ""
    message: str = ""
    latched: str = ""
    """The id of the stop that ends only when it is acknowledged."""

    @property
    def is_done(self) -> bool:
        """It trades, as it should be."""
        return self.is_ready and self.is_current and self.is_rolled

    @property
    def is_hopeless(self) -> bool:
        """Waiting does not help: a person stopped it, or has to mend it."""
        return self.is_current and self.phase in ("Stopped", "Failed")

    @property
    def line(self) -> str:
        """One line for a person who waits."""
        if not self.phase:
            return f"{NAME}: waiting for the operator"
        if not self.is_rolled and not self.is_hopeless:
            return f"{NAME}: {self.phase}, its pod gets the new image when flat or protected"
        if self.is_ready:
            return f"{NAME}: {self.phase}, Ready"
        why = ": ".join(part for part in (self.reason, self.message) if part)
        return f"{NAME}: {self.phase}, not Ready: {why}"


def apply() -> None:
    """`kubectl apply -f` of the example, as the README tells people to do it."""
    what = f"apply {FILE.relative_to(REPOSITORY)}"
    kubectl("apply", _HERE, f"--filename={FILE}", what=what)


def begin_anew() -> None:
    """Delete the account and its children, if there is one.

    An exchange that forgot it is nothing that a runner is made for, and nothing that happens to it
    anywhere but at a simulator.
    """
    what = f"delete {NAME}"
    if not kubectl("get", "ta", NAME, _HERE, "--ignore-not-found", what=what):
        return
    say(f"{NAME}: begins anew, for the simulator is a new one; do so with other accounts of it")
    kubectl("delete", "ta", NAME, _HERE, "--ignore-not-found", what=what)
    if not processes.until(lambda: not _image_of_pod(), seconds=_PATIENCE_SECONDS):
        raise ClusterError(f"the pod of {NAME} does not end; see: kubectl describe pod {NAME}-0")


def follow(image: str) -> float:
    """Say what happens to the account until it is Ready in a pod of IMAGE; the seconds it took.

    Raises ClusterError with the reason and the remedy when it is stopped or cannot trade.
    """
    began = time.monotonic()
    last, told = Look(), ""

    def settled() -> bool:
        nonlocal last, told
        last = look(read("tradingaccount", NAME, _HERE), _image_of_pod() or image, image)
        if last.line != told:
            told = last.line
            say(told)
        return last.is_done or last.is_hopeless

    processes.until(settled, seconds=_PATIENCE_SECONDS)
    if not last.is_done:
        raise ClusterError(f"{last.line}; {remedy(last)}")
    return time.monotonic() - began


def look(account: Mapping[str, Any], running: str, wanted: str) -> Look:
    """What ACCOUNT, as the API server has it, says of itself, with a pod that is RUNNING an image.

    The one WANTED comes when the operator may replace the pod.
    """
    status = account.get("status", {})
    conditions: list[dict[str, Any]] = status.get("conditions", [])
    stop: dict[str, Any] = status.get("emergency", {})
    ready = next((one for one in conditions if one["type"] == "Ready"), {})
    return Look(
        phase=status.get("phase", ""),
        is_ready=ready.get("status") == "True",
        is_current=status.get("observedGeneration") == account["metadata"]["generation"],
        is_rolled=running == wanted,
        reason=ready.get("reason", ""),
        message=ready.get("message", ""),
        latched=stop["id"] if stop.get("latched") else "",
    )


def _image_of_pod() -> str:
    """The image of the runner's pod; empty without one."""
    pods = read("pods", _HERE, f"--field-selector=metadata.name={NAME}-0")["items"]
    return pods[0]["spec"]["containers"][0]["image"] if pods else ""


def keys() -> tuple[str, str]:
    """Key and secret of the account at the simulator: public by design, as in the example."""
    return f"sim-{NAME}", f"sim-{NAME}-secret"


def remedy(last: Look) -> str:
    """What a person does about an account that does not come to trade."""
    if last.phase == "Stopped":
        undo = '{"spec":{"emergencyStop":null}}'
        if last.latched:
            undo = f'{{"spec":{{"acknowledgedEmergency":"{last.latched}"}}}}'
        return f"resume it: kubectl patch ta {NAME} --type=merge -p '{undo}'"
    if not last.phase:
        return f"see: kubectl -n {OPERATOR_NAMESPACE} logs deployment/{OPERATOR}"
    return f"see: kubectl describe ta {NAME}; kubectl logs {NAME}-0"
