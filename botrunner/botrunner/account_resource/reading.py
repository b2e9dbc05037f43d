"""From a file's text to what people want of one account. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from botapi.changes import changes, refused_changes
from botapi.labels import ACCOUNT_KIND, EMERGENCY_STOP_ANNOTATION
from botapi.parse import parse, strict_faults
from botapi.rules import Applies
from botapi.stop import SPEC_FIELD, StopRequest, read_stop
from botapi.v1alpha1.account import Mode, TradingAccount
from botapi.v1alpha1.emergency import EmergencySettings
from botrunner.account_resource.documents import DocumentError, read_documents
from botrunner.account_resource.keys import KeysMissingError, find_keys
from botrunner.account_resource.port import Reading
from botrunner.exchanges.credentials import Credentials

_SWITCHES = {
    SPEC_FIELD: re.compile(r"^[^#\n]*\bemergencyStop[\"']?\s*:\s*([^\s#,}]*)", re.MULTILINE),
    f"annotation {EMERGENCY_STOP_ANNOTATION}": re.compile(
        rf"^[^#\n]*{re.escape(EMERGENCY_STOP_ANNOTATION)}[\"']?\s*:\s*([^\s#,}}]*)", re.MULTILINE
    ),
}
_SEPARATOR = re.compile(r"^---.*$", re.MULTILINE)
_KIND = re.compile(rf"\bkind[\"']?\s*:\s*[\"']?{ACCOUNT_KIND}\b")
_NO = frozenset({"", "null", "~", "false", '"false"', "'false'"})

NOTHING = Reading(
    account=None,
    stops=(),
    policies=EmergencySettings(),
    acknowledged=(),
    faults=(),
    is_reachable=False,
    unreachable_since=None,
    generation=0,
    highest_epoch=0,
    admitted_uid=None,
    pending_restart=(),
    keys=None,
    keys_problem="",
    keys_reason="",
)
"""Before the first reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose account is read, and against what an edit is held."""

    name: str
    environment: Mapping[str, str]
    started_with: TradingAccount | None
    """What this life began with; fields that need a restart keep its values."""


def read_text(text: str, wanted: Wanted, before: Reading) -> Reading:
    """What the text says; what cannot be read of it stays as it was before."""
    try:
        documents = [d.content for d in read_documents(text) if isinstance(d.content, Mapping)]
    except DocumentError as error:
        own = _own_part(text, wanted.name)
        stops = tuple(dict.fromkeys((*before.stops, *scan_for_stops(own))))
        return replace(before, stops=stops, faults=(str(error),), is_reachable=False)
    raw = _account_of(documents, wanted.name)
    if raw is None:
        fault = f"{ACCOUNT_KIND} {wanted.name} is not in the file; put it back"
        return replace(before, faults=(fault,), is_reachable=False)
    return _read_account(raw, documents, wanted, before)


def unreadable(before: Reading, fault: str) -> Reading:
    """Nothing can be read at all: everything stays, and the fault is said."""
    return replace(before, faults=(fault,), is_reachable=False)


def read_copy(copy: TradingAccount, wanted: Wanted) -> Reading:
    """What the last life followed, where nothing else can be read; keys of the environment."""
    keys, problem, reason = _keys(copy, (), wanted)
    return replace(NOTHING, account=copy, keys=keys, keys_problem=problem, keys_reason=reason)


def scan_for_stops(text: str) -> tuple[str, ...]:
    """Which stop switches a text sets that is not even YAML, line by line.

    A person who breaks an indentation while setting the stop means the stop.
    """
    return tuple(
        name
        for name, pattern in _SWITCHES.items()
        if any(value not in _NO for value in pattern.findall(text))
    )


def _own_part(text: str, name: str) -> str:
    """A text that is not YAML without the documents of other accounts, where that is plain.

    One account's stop never touches another (RI-7), not even by a slip of the pen.
    """
    named = re.compile(rf"\bname[\"']?\s*:\s*[\"']?{re.escape(name)}(?![\w.-])")
    accounts = [part for part in _SEPARATOR.split(text) if _KIND.search(part)]
    own = [part for part in accounts if named.search(part)]
    return "\n".join(own) if own else text


def account_names(text: str) -> tuple[str, ...]:
    """Names of all TradingAccounts of a text. Raises DocumentError."""
    documents = [d.content for d in read_documents(text) if isinstance(d.content, Mapping)]
    return tuple(_name(raw) for raw in documents if raw.get("kind") == ACCOUNT_KIND)


def _read_account(
    raw: Mapping[str, Any],
    documents: Sequence[Mapping[str, Any]],
    wanted: Wanted,
    before: Reading,
) -> Reading:
    stop: StopRequest = read_stop(raw)
    faults = tuple(str(fault) for fault in strict_faults(TradingAccount, raw))
    account = before.account if faults else parse(TradingAccount, raw)
    if account is not None and before.account is not None and not faults:
        faults = tuple(str(fault) for fault in refused_changes(before.account, account))
        account = before.account if faults else account
    keys, problem, reason = _keys(account, documents, wanted)
    return replace(
        NOTHING,
        account=account,
        stops=stop.engaged_by,
        policies=stop.emergency,
        acknowledged=(stop.acknowledged,) if stop.acknowledged else (),
        faults=faults,
        is_reachable=True,
        pending_restart=pending_restart(wanted.started_with, account),
        keys=keys,
        keys_problem=problem,
        keys_reason=reason,
    )


def _keys(
    account: TradingAccount | None, documents: Sequence[Mapping[str, Any]], wanted: Wanted
) -> tuple[Credentials | None, str, str]:
    if account is None:
        return None, "the account cannot be read", ""
    # A change of the mode waits for the next start, and the keys go with the mode.
    if (wanted.started_with or account).spec.mode is Mode.DRY_RUN:
        return dry_run_keys(wanted.name), "", ""
    try:
        return find_keys(wanted.name, account.spec, documents, wanted.environment), "", ""
    except KeysMissingError as error:
        return None, str(error), error.reason.value


def dry_run_keys(name: str) -> Credentials:
    """Keys of the venue inside the process, where nothing is signed for anybody outside."""
    return Credentials(api_key=f"sim-{name}", api_secret=f"sim-{name}-secret")


def pending_restart(
    started_with: TradingAccount | None, account: TradingAccount | None
) -> tuple[str, ...]:
    """Paths of the fields that differ from what this life began with and act at the next start."""
    if started_with is None or account is None:
        return ()
    changed = changes(started_with, account)
    return tuple(change.path for change in changed if change.applies is Applies.RESTART)


def _account_of(documents: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    found = (d for d in documents if d.get("kind") == ACCOUNT_KIND and _name(d) == name)
    return next(found, None)


def _name(raw: Mapping[str, Any]) -> str:
    metadata = raw.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, Mapping) else ""
