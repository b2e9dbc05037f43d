"""From an object of the API server to what people want of the account. Pure.

The runner tolerates what it does not know: strictness lives in the schema. What it cannot parse at
all takes nothing back: the last good specification stays, and the stop is read apart.
"""

from dataclasses import replace
from typing import Any

from botapi.changes import refused_changes
from botapi.faults import InvalidObjectError
from botapi.labels import EMERGENCY_STOP_ANNOTATION
from botapi.model import Json, mapping
from botapi.parse import parse
from botapi.stop import read_stop
from botapi.v1alpha1.account import Mode, TradingAccount
from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.port import Reading
from botrunner.account_resource.reading import pending_restart

_METADATA = (
    "name",
    "namespace",
    "uid",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
)
"""What is kept: the rest changes without anybody wanting anything else of the account."""


def read_object(raw: Json, started_with: TradingAccount | None, before: Reading) -> Reading:
    """What the object says; what cannot be read of it stays as it was before. Without keys."""
    stop = read_stop(raw)
    account, faults = _account(raw, before.account)
    return replace(
        before,
        account=account,
        stops=stop.engaged_by,
        policies=stop.emergency,
        acknowledged=(stop.acknowledged,) if stop.acknowledged else (),
        faults=faults,
        is_reachable=True,
        unreachable_since=None,
        generation=before.generation if faults else generation_of(raw),
        highest_epoch=max(before.highest_epoch, epoch_of(raw)),
        admitted_uid=_admitted(raw, started_with or account),
        pending_restart=pending_restart(started_with, account),
    )


def generation_of(raw: Json) -> int:
    """``metadata.generation``; 0 where it cannot be read."""
    return _whole(mapping(raw.get("metadata")).get("generation"))


def epoch_of(raw: Json) -> int:
    """The epoch that the last runner reported; 0 where none did."""
    return _whole(mapping(mapping(raw.get("status")).get("runner")).get("epoch"))


def version_of(raw: Json) -> str:
    """``metadata.resourceVersion``."""
    return str(mapping(raw.get("metadata")).get("resourceVersion") or "")


def uid_of(raw: Json) -> str:
    """``metadata.uid``: an object that was deleted and made anew has another one."""
    return str(mapping(raw.get("metadata")).get("uid") or "")


def status_of(raw: Json) -> AccountStatus | None:
    """The status without the parts that cannot be read; None where there is none."""
    status = mapping(raw.get("status"))
    try:
        return parse(AccountStatus, status) if status else None
    except InvalidObjectError as error:
        wrong = {fault.location[0] for fault in error.faults if fault.location}
    readable = {name: part for name, part in status.items() if name not in wrong}
    try:
        return parse(AccountStatus, readable)
    except InvalidObjectError:
        return None


def newer(one: AccountStatus | None, other: AccountStatus | None) -> AccountStatus | None:
    """The later of two reports of the same account: by epoch, then by the time of the report."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=_age)


def _age(status: AccountStatus) -> tuple[int, float]:
    runner = status.runner
    if runner is None:
        return 0, 0.0
    return runner.epoch or 0, runner.last_report.timestamp() if runner.last_report else 0.0


def _account(
    raw: Json, before: TradingAccount | None
) -> tuple[TradingAccount | None, tuple[str, ...]]:
    try:
        account = parse(TradingAccount, _kept(raw))
    except InvalidObjectError as error:
        return before, tuple(str(fault) for fault in error.faults)
    if before is not None:
        faults = tuple(str(fault) for fault in refused_changes(before, account))
        if faults:
            return before, faults
    return account, ()


def _kept(raw: Json) -> Json:
    metadata = mapping(raw.get("metadata"))
    kept = {name: metadata[name] for name in _METADATA if name in metadata}
    annotations = mapping(metadata.get("annotations"))
    if EMERGENCY_STOP_ANNOTATION in annotations:  # A copy of the account holds the stop too.
        value = str(annotations[EMERGENCY_STOP_ANNOTATION])
        kept["annotations"] = {EMERGENCY_STOP_ANNOTATION: value}
    parts = {name: raw[name] for name in ("apiVersion", "kind", "spec") if name in raw}
    return {**parts, "metadata": kept}


def _admitted(raw: Json, account: TradingAccount | None) -> str | None:
    """A dry run trades inside its process, where nobody else's account can be."""
    if account is not None and account.spec.mode is Mode.DRY_RUN:
        return None
    uid = mapping(mapping(raw.get("status")).get("admitted")).get("uid")
    return uid if isinstance(uid, str) else ""


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, ArithmeticError):
        return 0
