"""Conditions, their reasons and the phases: one table each.

Rule 1: every type has one writer, the field manager in OWNERS.
Rule 2: a reason is in REASONS under each type that may carry it, and nowhere else.
Rule 3: ``phase`` is printed for people and never read back.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import Field

from botapi.labels import OPERATOR_MANAGER, RUNNER_MANAGER
from botapi.model import Model
from botapi.quantity import Timestamp, Whole
from botapi.rules import reported


class ConditionType(StrEnum):
    """What is said about an account, each True, False or Unknown."""

    READY = "Ready"
    """All below but Reconciling and Stalled hold, and both generations are observed."""
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    """No progress without a person."""
    RUNNER_AVAILABLE = "RunnerAvailable"
    CREDENTIALS_READY = "CredentialsReady"
    MARKET_DATA_READY = "MarketDataReady"
    PROTECTED = "Protected"
    """Every filled grid side has its take-profit."""
    TRADING_ENABLED = "TradingEnabled"
    """New exposure may be added."""


class ConditionStatus(StrEnum):
    """The three values of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class ConditionReason(StrEnum):
    """Why a condition has its status, in one word."""

    AS_EXPECTED = "AsExpected"
    """Of every condition that has nothing to report."""
    PROGRESSING = "Progressing"
    """The cluster is being brought to what the spec says."""
    NOT_REPORTED = "NotReported"
    """Nobody has said anything yet, or not about this generation."""

    EMERGENCY_STOP = "EmergencyStop"

    INVALID_SPEC = "InvalidSpec"
    CRASH_LOOP = "CrashLoop"
    SYMBOL_UNKNOWN = "SymbolUnknown"
    DUPLICATE_ACCOUNT = "DuplicateAccount"
    """An older TradingAccount holds the same exchange account."""
    UNSUPPORTED_ENVIRONMENT = "UnsupportedEnvironment"

    POD_PENDING = "PodPending"
    IMAGE_PULL = "ImagePull"
    REPORT_TOO_OLD = "ReportTooOld"

    SECRET_MISSING = "SecretMissing"
    KEY_MISSING = "KeyMissing"
    KEY_REFUSED = "KeyRefused"
    KEY_EXPIRED = "KeyExpired"
    WRONG_ENVIRONMENT = "WrongEnvironment"
    PERMISSION_MISSING = "PermissionMissing"
    WITHDRAW_ALLOWED = "WithdrawAllowed"
    """The key may withdraw and ``credentials.allowWithdraw`` is false."""
    ACCOUNT_CHANGED = "AccountChanged"
    """The keys open another exchange account than the admitted one."""

    PRICE_STALE = "PriceStale"
    FEED_LOST = "FeedLost"
    """The shared feed is silent; prices come directly from the exchange."""
    POLLING_DEGRADED = "PollingDegraded"
    """Streams are down; prices come by polling."""

    TAKE_PROFIT_MISSING = "TakeProfitMissing"
    STOP_MISSING = "StopMissing"
    FROZEN = "Frozen"
    """The policy Freeze holds while an exit is missing or too small."""

    RECOVERING = "Recovering"
    SUSPENDED = "Suspended"
    STREAM_LOST = "StreamLost"
    API_UNREACHABLE = "ApiUnreachable"
    CLOCK_SKEW = "ClockSkew"
    RISK_LIMIT = "RiskLimit"
    SYMBOL_HALTED = "SymbolHalted"
    NOT_ADMITTED = "NotAdmitted"
    HIGHER_EPOCH = "HigherEpoch"
    """A younger runner trades this account; this one has stopped sending."""
    MARGIN_MODE_UNSUPPORTED = "MarginModeUnsupported"
    MODE_REFUSED = "ModeRefused"
    """The exchange refused cross margin, hedge mode or the leverage."""
    FOREIGN_ORDERS = "ForeignOrders"
    NOT_FLAT = "NotFlat"
    """``mode: dryRun`` waits until no order and no position is left."""
    OUT_OF_SYNC = "OutOfSync"


class Phase(StrEnum):
    """One word for people; the first that holds, in this order."""

    DELETING = "Deleting"
    FAILED = "Failed"
    """Stalled holds."""
    STOPPED = "Stopped"
    """An emergency stop holds."""
    SUSPENDED = "Suspended"
    PENDING = "Pending"
    """No report yet of a runner that can begin."""
    RECOVERING = "Recovering"
    STARVED = "Starved"
    """A strategy waits for money or for the exchange's limits."""
    TRADING = "Trading"


_T = ConditionType
_R = ConditionReason

OWNERS: Final[Mapping[ConditionType, str]] = MappingProxyType(
    {
        _T.READY: OPERATOR_MANAGER,
        _T.RECONCILING: OPERATOR_MANAGER,
        _T.STALLED: OPERATOR_MANAGER,
        _T.RUNNER_AVAILABLE: OPERATOR_MANAGER,
        _T.CREDENTIALS_READY: RUNNER_MANAGER,
        _T.MARKET_DATA_READY: RUNNER_MANAGER,
        _T.PROTECTED: RUNNER_MANAGER,
        _T.TRADING_ENABLED: RUNNER_MANAGER,
    }
)
"""The field manager that writes each condition."""

_OWN_REASONS: Mapping[ConditionType, frozenset[ConditionReason]] = {
    _T.RECONCILING: frozenset({_R.PROGRESSING}),
    _T.STALLED: frozenset(
        {
            _R.INVALID_SPEC,
            _R.CRASH_LOOP,
            _R.SYMBOL_UNKNOWN,
            _R.DUPLICATE_ACCOUNT,
            _R.UNSUPPORTED_ENVIRONMENT,
        }
    ),
    _T.RUNNER_AVAILABLE: frozenset(
        {_R.POD_PENDING, _R.IMAGE_PULL, _R.CRASH_LOOP, _R.REPORT_TOO_OLD}
    ),
    _T.CREDENTIALS_READY: frozenset(
        {
            _R.SECRET_MISSING,
            _R.KEY_MISSING,
            _R.KEY_REFUSED,
            _R.KEY_EXPIRED,
            _R.WRONG_ENVIRONMENT,
            _R.PERMISSION_MISSING,
            _R.WITHDRAW_ALLOWED,
            _R.ACCOUNT_CHANGED,
        }
    ),
    _T.MARKET_DATA_READY: frozenset(
        {_R.SYMBOL_UNKNOWN, _R.PRICE_STALE, _R.FEED_LOST, _R.POLLING_DEGRADED}
    ),
    _T.PROTECTED: frozenset({_R.TAKE_PROFIT_MISSING, _R.STOP_MISSING, _R.FROZEN}),
    _T.TRADING_ENABLED: frozenset(
        {
            _R.RECOVERING,
            _R.EMERGENCY_STOP,
            _R.SUSPENDED,
            _R.STREAM_LOST,
            _R.API_UNREACHABLE,
            _R.CLOCK_SKEW,
            _R.RISK_LIMIT,
            _R.SYMBOL_HALTED,
            _R.NOT_ADMITTED,
            _R.HIGHER_EPOCH,
            _R.MARGIN_MODE_UNSUPPORTED,
            _R.MODE_REFUSED,
            _R.FOREIGN_ORDERS,
            _R.NOT_FLAT,
            _R.OUT_OF_SYNC,
        }
    ),
}
_SUMMARISED = (
    _T.RUNNER_AVAILABLE,
    _T.CREDENTIALS_READY,
    _T.MARKET_DATA_READY,
    _T.PROTECTED,
    _T.TRADING_ENABLED,
)
_ALWAYS = frozenset({_R.AS_EXPECTED, _R.NOT_REPORTED})

READY_NEEDS: Final = _SUMMARISED
"""What Ready sums up; the first that fails gives its reason."""

REASONS: Final[Mapping[ConditionType, frozenset[ConditionReason]]] = MappingProxyType(
    {kind: own | _ALWAYS for kind, own in _OWN_REASONS.items()}
    | {_T.READY: _ALWAYS.union(*(_OWN_REASONS[kind] for kind in _SUMMARISED))}
)
"""Every reason that each condition may carry."""


class Condition(Model):
    """One condition, in the shape of Kubernetes' own ``metav1.Condition``."""

    type: Annotated[
        str,
        Field(min_length=1, max_length=316),
        reported(
            "What is said: Ready, Reconciling, Stalled, RunnerAvailable (written by the "
            "operator), CredentialsReady, MarketDataReady, Protected, TradingEnabled (written "
            "by the runner)."
        ),
    ]
    status: Annotated[ConditionStatus, reported("Whether it holds.")]
    reason: Annotated[
        str,
        Field(min_length=1, max_length=1024),
        reported("Why, in one word; AsExpected where there is nothing to report."),
    ]
    message: Annotated[
        str, Field(max_length=32768), reported("Why, and what to do about it, in words.")
    ]
    last_transition_time: Annotated[
        Timestamp, reported("When the status last changed, RFC 3339 UTC.")
    ]
    observed_generation: Annotated[
        Whole | None,
        Field(ge=0),
        reported("The metadata.generation that this was said about."),
    ] = None


def carry_over(previous: Condition | None, new: Condition) -> Condition:
    """The new condition, with the old time of transition where the status has not changed."""
    if previous is None or previous.status != new.status:
        return new
    return new.model_copy(update={"last_transition_time": previous.last_transition_time})


def make_condition(
    kind: ConditionType,
    status: ConditionStatus,
    *,
    reason: ConditionReason,
    at: datetime,
    message: str = "",
    generation: int | None = None,
) -> Condition:
    """Say something about an account at a time.

    Raises ValueError for a reason that the table does not give this condition: the set of reasons
    is part of the API.
    """
    if reason not in REASONS[kind]:
        raise ValueError(f"condition {kind} does not carry the reason {reason}")
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        last_transition_time=at,
        observed_generation=generation,
    )
