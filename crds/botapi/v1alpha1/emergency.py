"""The emergency stop: what engages it, what happens while it holds."""

from enum import StrEnum
from typing import Annotated

from botapi.model import Model
from botapi.rules import live


class EmergencyPolicy(StrEnum):
    """What a stop does with orders and positions."""

    CANCEL_ENTRIES = "CancelEntries"
    """Cancel what can add exposure; reduce-only exits and stops stay and follow."""
    FREEZE = "Freeze"
    """Send nothing; resting orders stay as they are."""
    FLATTEN = "Flatten"
    """Cancel everything, close every position at the market, verify by a read, retry until flat."""


class EmergencyCause(StrEnum):
    """What engages a stop."""

    PERSON = "person"
    """``spec.emergencyStop`` or the annotation."""
    MARGIN = "margin"
    """The maintenance margin rate reached its threshold."""
    STREAM = "stream"
    """The private stream is lost for good."""
    INVARIANT = "invariant"
    """What must always hold does not."""
    ERRORS = "errors"
    """Consecutive refusals, or keys or positions that cannot be used."""
    VENUE = "venue"
    """The exchange liquidated, took over or deleveraged a position."""


class PolicyByCause(Model):
    """The policy of single causes."""

    person: Annotated[
        EmergencyPolicy | None,
        live("Policy of a stop that a person set by spec.emergencyStop or the annotation."),
    ] = None
    margin: Annotated[
        EmergencyPolicy | None,
        live("Policy of a stop by the maintenance margin rate."),
    ] = None
    stream: Annotated[
        EmergencyPolicy | None,
        live("Policy of a stop because the private stream stayed lost."),
    ] = None
    invariant: Annotated[
        EmergencyPolicy | None,
        live("Policy of a stop because an invariant was broken for longer than its grace."),
    ] = None
    errors: Annotated[
        EmergencyPolicy | None,
        live("Policy of a stop by consecutive refusals or unusable keys."),
    ] = None
    venue: Annotated[
        EmergencyPolicy | None,
        live("Policy of a stop because the exchange liquidated or deleveraged a position."),
    ] = None


class EmergencySettings(Model):
    """What an emergency stop does."""

    policy: Annotated[
        EmergencyPolicy,
        live(
            "What a stop does: CancelEntries cancels what can add exposure and keeps exits; Freeze "
            "sends nothing and leaves resting orders; Flatten cancels everything and closes all "
            "positions at the market until a read says flat."
        ),
    ] = EmergencyPolicy.CANCEL_ENTRIES
    by_cause: Annotated[
        PolicyByCause,
        live("A policy per cause of the stop; a cause without one uses policy."),
    ] = PolicyByCause()

    def policy_for(self, cause: EmergencyCause) -> EmergencyPolicy:
        """The policy in force when this cause engages the stop."""
        chosen: EmergencyPolicy | None = getattr(self.by_cause, cause.value)
        return self.policy if chosen is None else chosen
