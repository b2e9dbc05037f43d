"""The stop switch, read from the raw object before and apart from the rest.

A person must be able to stop an account whose spec this version cannot parse, so nothing here
raises, and nothing here needs the rest of the object to make sense.
"""

from dataclasses import dataclass
from typing import Any

from botapi.labels import EMERGENCY_STOP_ANNOTATION
from botapi.model import Json, mapping
from botapi.v1alpha1.emergency import (
    EmergencyCause,
    EmergencyPolicy,
    EmergencySettings,
    PolicyByCause,
)

SPEC_FIELD = "spec.emergencyStop"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequest:
    """What a person says about stopping, at this moment."""

    engaged_by: tuple[str, ...]
    """The switches that are set, by name; empty when the person asks for no stop."""
    acknowledged: str | None
    """The id of the latched stop that the person ends, if it is that stop's id."""
    emergency: EmergencySettings
    """The policies; what cannot be read of them has its default."""

    @property
    def engaged(self) -> bool:
        """Whether a person wants the account stopped."""
        return bool(self.engaged_by)


def read_stop(raw: Json) -> StopRequest:
    """Read the stop of any object, parsable or not. Never raises."""
    spec = mapping(raw.get("spec"))
    annotations = mapping(mapping(raw.get("metadata")).get("annotations"))
    switches = {
        SPEC_FIELD: spec.get("emergencyStop"),
        f"annotation {EMERGENCY_STOP_ANNOTATION}": annotations.get(EMERGENCY_STOP_ANNOTATION),
    }
    acknowledged = spec.get("acknowledgedEmergency")
    return StopRequest(
        engaged_by=tuple(name for name, value in switches.items() if _is_set(value)),
        acknowledged=acknowledged if isinstance(acknowledged, str) and acknowledged else None,
        emergency=_read_policies(mapping(spec.get("emergency"))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingStop:
    """A stop that an earlier life of the runner wrote into the status."""

    id: str
    """Empty where it cannot be read: then no acknowledgement ends it."""
    latched: bool
    """Whether only an acknowledgement ends it; true where that cannot be read."""


def read_standing_stop(raw: Json) -> StandingStop | None:
    """Read the stop that the status holds, in whatever words a newer version wrote it.

    None without one. Never raises.
    """
    emergency = mapping(raw.get("status")).get("emergency")
    if emergency is None:
        return None
    written = mapping(emergency)
    stop_id = written.get("id")
    return StandingStop(
        id=stop_id if isinstance(stop_id, str) else "",
        latched=written.get("latched") is not False,
    )


def _is_set(value: Any) -> bool:
    # Whatever is neither absent nor a plain no is a stop: a person who writes "yes" means it.
    return not (value is None or value is False or value == "false")


def _read_policies(emergency: Json) -> EmergencySettings:
    by_cause = mapping(emergency.get("byCause"))
    return EmergencySettings(
        policy=_policy(emergency.get("policy")) or EmergencyPolicy.CANCEL_ENTRIES,
        by_cause=PolicyByCause.model_validate(
            {cause.value: _policy(by_cause.get(cause.value)) for cause in EmergencyCause}
        ),
    )


def _policy(value: Any) -> EmergencyPolicy | None:
    return next((policy for policy in EmergencyPolicy if policy.value == value), None)
