"""What stopping and resuming write, and when they are done: pure functions of the object."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botapi.labels import EMERGENCY_STOP_ANNOTATION
from botapi.model import Json
from botapi.stop import SPEC_FIELD, read_standing_stop, read_stop
from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy
from botrunner.fleet.port import JsonPatch, MergePatch
from botrunner.fleet.raw_object import objects_at, text_at, value_at, whole_at

POLICY_FIELD = "spec.emergency.byCause.person"
ACKNOWLEDGED_FIELD = "spec.acknowledgedEmergency"


class Outcome(StrEnum):
    """What came of an account."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """There was nothing to set."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be written to one account."""

    patch: MergePatch | JsonPatch | None
    """None where there is nothing to write."""
    says: tuple[str, ...]
    """What is set, or why nothing is, in words."""
    is_refused: bool = False
    """Whether what was asked for cannot be done."""


def decide_stop(raw: Json, policy: EmergencyPolicy | None) -> Decision:
    """Set the switch, and the policy of a person's stops where one was said."""
    spec: dict[str, Any] = {}
    says: list[str] = []
    if value_at(raw, "spec", "emergencyStop") is not True:
        spec["emergencyStop"] = True
        says.append(f"{SPEC_FIELD}: true")
    if policy is not None and value_at(raw, "spec", "emergency", "byCause", "person") != policy:
        spec["emergency"] = {"byCause": {"person": policy.value}}
        says.append(f"{POLICY_FIELD}: {policy.value}")
    if not spec:
        return Decision(patch=None, says=("the stop is set already",))
    return Decision(patch={"spec": spec}, says=tuple(says))


def decide_resume(raw: Json, cause: EmergencyCause | None) -> Decision:
    """Take back a person's switches and acknowledge the latched stop.

    With a cause only stops of that cause: person the switches alone, every other one the
    acknowledgement alone.
    """
    spec: dict[str, Any] = {}
    patch: dict[str, Any] = {}
    says: list[str] = []
    if cause in (None, EmergencyCause.PERSON):
        _take_back(raw, spec, patch, says)
    if cause is not EmergencyCause.PERSON:
        refusal = _acknowledge(raw, cause, spec, says)
        if refusal and not says:
            return Decision(patch=None, says=(refusal,), is_refused=True)
    if not says:
        return Decision(patch=None, says=(_nothing(cause),))
    return Decision(patch=patch | ({"spec": spec} if spec else {}), says=tuple(says))


def decide_release(raw: Json, strategy: str) -> Decision:
    """Acknowledge the hold of one strategy."""
    hold = next(
        (
            text_at(report, "hold", "id")
            for report in objects_at(raw, "status", "strategies")
            if text_at(report, "name") == strategy
        ),
        "",
    )
    names = [text_at(wanted, "name") for wanted in objects_at(raw, "spec", "strategies")]
    if strategy not in names:
        known = ", ".join(names)
        text = f"spec.strategies has no {strategy}; it has {known}"
        return Decision(patch=None, says=(text,), is_refused=True)
    if not hold:
        return Decision(patch=None, says=(f"strategy {strategy} is not held",))
    place = names.index(strategy)
    path = f"/spec/strategies/{place}"
    return Decision(
        patch=(
            # Somebody may have changed the list since: then nothing is written.
            {"op": "test", "path": f"{path}/name", "value": strategy},
            {"op": "add", "path": f"{path}/acknowledgedHold", "value": hold},
        ),
        says=(f"spec.strategies[{place}].acknowledgedHold: {hold}",),
    )


def still_holds(raw: Json) -> tuple[str, ...]:
    """What keeps the account stopped, once the runner has seen what is written."""
    asked, standing = read_stop(raw), read_standing_stop(raw)
    reasons = [f"{name} is set" for name in asked.engaged_by]
    if standing is not None and standing.latched and asked.acknowledged != standing.id:
        cause = text_at(raw, "status", "emergency", "cause")
        reasons.append(f"the latched stop {standing.id} ({cause}) is not acknowledged")
    return tuple(reasons)


def is_carried_out(raw: Json, *, generation: int, before: str) -> bool:
    """Whether the runner says that the stop of this generation is carried out.

    ``before`` is the id of the stop that stood before. A runner that cannot follow the generation
    still stops by it: then the stop has another id.
    """
    standing = read_standing_stop(raw)
    if standing is None or value_at(raw, "status", "emergency", "complete") is not True:
        return False
    follows = whole_at(raw, "status", "runner", "observedGeneration") >= generation
    return follows or standing.id != before


def is_ended(raw: Json, *, generation: int, before: str) -> bool:
    """Whether the runner says that the stop with the id ``before`` does not hold any more.

    Without one (the runner had not reported it yet), that it follows the generation without a stop.
    """
    standing = read_standing_stop(raw)
    if before:
        return standing is None or standing.id != before
    return (
        standing is None and whole_at(raw, "status", "runner", "observedGeneration") >= generation
    )


def _take_back(raw: Json, spec: dict[str, Any], patch: dict[str, Any], says: list[str]) -> None:
    switches = read_stop(raw).engaged_by
    if SPEC_FIELD in switches:
        spec["emergencyStop"] = None
        says.append(f"{SPEC_FIELD} taken back")
    if any(EMERGENCY_STOP_ANNOTATION in name for name in switches):
        patch["metadata"] = {"annotations": {EMERGENCY_STOP_ANNOTATION: None}}
        says.append(f"annotation {EMERGENCY_STOP_ANNOTATION} taken back")


def _acknowledge(
    raw: Json, cause: EmergencyCause | None, spec: dict[str, Any], says: list[str]
) -> str:
    """Why a latched stop cannot be acknowledged; empty where it is, or where there is none."""
    standing = read_standing_stop(raw)
    if standing is None or not standing.latched:
        return ""
    if cause is not None and text_at(raw, "status", "emergency", "cause") != cause:
        return ""
    if not standing.id:
        return "status.emergency.id cannot be read; acknowledge with a newer tradefleet"
    if read_stop(raw).acknowledged == standing.id:
        return ""
    spec["acknowledgedEmergency"] = standing.id
    says.append(f"{ACKNOWLEDGED_FIELD}: {standing.id}")
    return ""


def _nothing(cause: EmergencyCause | None) -> str:
    return "no stop holds" if cause is None else f"no stop of cause {cause} holds"
