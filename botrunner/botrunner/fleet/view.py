"""What a person wants to see of an account: a pure function of the object."""

from dataclasses import dataclass
from typing import Any

from botapi.conditions import ConditionStatus, ConditionType
from botapi.model import Json
from botapi.stop import read_standing_stop, read_stop
from botrunner.fleet.port import AccountKey
from botrunner.fleet.raw_object import key_of, objects_at, text_at, value_at, whole_at

_GOOD_WHEN_FALSE = frozenset({ConditionType.RECONCILING.value, ConditionType.STALLED.value})
NOT_KNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionView:
    """A condition that is not as it should be."""

    type: str
    status: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopView:
    """Why an account is stopped, and how that ends."""

    id: str
    cause: str
    reason: str
    policy: str
    since: str
    latched: bool
    complete: bool
    switches: tuple[str, ...]
    """What a person has set, by name."""
    ends: str
    """How to end it."""

    @property
    def is_reported(self) -> bool:
        """Whether a runner says so, not only a person."""
        return bool(self.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One account; texts are empty where nobody has reported."""

    key: AccountKey
    exchange: str
    environment: str
    mode: str
    ready: str
    phase: str
    message: str
    """What Ready says."""
    margin_rate_percent: str
    equity: str
    day_pnl: str
    available: str
    open_positions: int
    open_orders: int
    last_report: str
    pod: str
    stop: StopView | None
    conditions: tuple[ConditionView, ...]
    """Those that are not well."""
    positions: tuple[Json, ...]
    strategies: tuple[Json, ...]


def view_account(raw: Json) -> AccountView:
    """See an account, however new or broken its status is. Never raises."""
    status = value_at(raw, "status")
    account = value_at(status, "account")
    ready = _condition(status, ConditionType.READY)
    return AccountView(
        key=key_of(raw),
        exchange=text_at(raw, "spec", "exchange"),
        environment=text_at(raw, "spec", "environment"),
        mode=text_at(raw, "spec", "mode"),
        ready=ready.status if ready else ConditionStatus.UNKNOWN,
        phase=text_at(status, "phase"),
        message=ready.message if ready else "",
        margin_rate_percent=text_at(account, "maintenanceMarginRate"),
        equity=text_at(account, "equity"),
        day_pnl=text_at(account, "dayPnl"),
        available=text_at(account, "available"),
        open_positions=whole_at(account, "positions"),
        open_orders=whole_at(status, "openOrders"),
        last_report=text_at(status, "runner", "lastReport"),
        pod=text_at(status, "runner", "pod"),
        stop=view_stop(raw),
        conditions=_unwell(status),
        positions=objects_at(status, "positions"),
        strategies=objects_at(status, "strategies"),
    )


def view_stop(raw: Json) -> StopView | None:
    """The stop that holds or that a person asks for; None without one. Never raises."""
    asked, standing = read_stop(raw), read_standing_stop(raw)
    if standing is None and not asked.engaged:
        return None
    emergency = value_at(raw, "status", "emergency")
    return StopView(
        id=standing.id if standing else "",
        cause=(text_at(emergency, "cause") or NOT_KNOWN) if standing else "",
        reason=text_at(emergency, "reason"),
        policy=text_at(emergency, "policy"),
        since=text_at(emergency, "since"),
        latched=standing is not None and standing.latched,
        complete=standing is not None and value_at(emergency, "complete") is True,
        switches=asked.engaged_by,
        ends=_how_to_end(key_of(raw)),
    )


def _how_to_end(key: AccountKey) -> str:
    return f"tradefleet resume {key.name} --namespace {key.namespace}"


def _unwell(status: Any) -> tuple[ConditionView, ...]:
    seen = {view.type: view for view in map(_view, objects_at(status, "conditions"))}
    missing = [
        ConditionView(type=kind, status=ConditionStatus.UNKNOWN, reason="", message="not reported")
        for kind in ConditionType
        if kind not in seen
    ]
    return tuple(view for view in (*seen.values(), *missing) if not _is_well(view))


def _is_well(view: ConditionView) -> bool:
    good = ConditionStatus.FALSE if view.type in _GOOD_WHEN_FALSE else ConditionStatus.TRUE
    return view.status == good


def _condition(status: Any, kind: ConditionType) -> ConditionView | None:
    views = map(_view, objects_at(status, "conditions"))
    return next((view for view in views if view.type == kind), None)


def _view(condition: Json) -> ConditionView:
    return ConditionView(
        type=text_at(condition, "type"),
        status=text_at(condition, "status"),
        reason=text_at(condition, "reason"),
        message=text_at(condition, "message"),
    )
