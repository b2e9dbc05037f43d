"""``<account>/.emergency_stop``: the latch of an account without a cluster (RI-4, RI-8).

The runner writes the stop's id into the first line and ``name: value`` lines below it. Anything
else was made by a person, and is that person's stop until the file is gone. A latched stop waits
in a second file meanwhile.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botrunner.account_resource.whole_file import read_if_there, write_whole
from botrunner.domain.emergency import EmergencyStop, StopCause, StopPolicy

NAME = ".emergency_stop"
_ID = re.compile(r"[0-9a-z]{4,64}")
_UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def write_stop(path: Path, stop: EmergencyStop, policy: StopPolicy) -> None:
    """Write a stop down and wait for the disk; a person's file stays as it is.

    A latched one is kept ``beside`` it then. Raises OSError.
    """
    is_taken = is_made_by_person(path)
    if is_taken and not stop.latched:
        return
    lines = (
        stop.emergency_id,
        f"cause: {stop.cause.value}",
        f"latched: {str(stop.latched).lower()}",
        f"timestamp: {stop.at.isoformat()}",
        f"symbol: {stop.symbol}",
        f"rate: {stop.rate}",
        f"policy: {policy.value}",
        f"reason: {' '.join(stop.reason.split())}",
    )
    write_whole(beside(path) if is_taken else path, "\n".join(lines) + "\n", durable=True)
    if not is_taken:
        beside(path).unlink(missing_ok=True)


def beside(path: Path) -> Path:
    """Where a latched stop is kept while a person's own file is at ``path``."""
    return path.with_name(f"{path.name}.latched")


def read_policy(path: Path) -> StopPolicy:
    """The policy that a runner wrote down with the stop, for people; its default if unreadable."""
    return policy_of(_fields((_text(path) or "").splitlines()[1:]).get("policy"))


def read_stop_file(path: Path) -> EmergencyStop | None:
    """The stop that a runner wrote; None without one, and for a file that a person made.

    What cannot be read of it never loosens it: an unknown cause counts as ``errors``, and without
    a plain ``latched: false`` it is latched.
    """
    return _stop_of(_text(path) or "")


def _stop_of(text: str) -> EmergencyStop | None:
    first, *rest = text.splitlines() or [""]
    fields = _fields(rest)
    if not _ID.fullmatch(first) or "cause" not in fields:
        return None
    return EmergencyStop(
        emergency_id=first,
        cause=cause_of(fields["cause"]),
        reason=fields.get("reason", ""),
        symbol=fields.get("symbol", ""),
        rate=fields.get("rate", ""),
        at=time_of(fields.get("timestamp")),
        latched=fields.get("latched") != "false",
    )


def _fields(lines: list[str]) -> dict[str, str]:
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def is_made_by_person(path: Path) -> bool:
    """Whether the file is there and no runner wrote it; one that cannot be read counts."""
    text = _text(path)
    return text is not None and _stop_of(text) is None


def remove_stop(path: Path, emergency_id: str) -> None:
    """Remove the files of this stop; another stop's and a person's stay."""
    for each in (path, beside(path)):
        stop = read_stop_file(each)
        if stop is not None and stop.emergency_id == emergency_id:
            each.unlink(missing_ok=True)


def _text(path: Path) -> str | None:
    """None where there is no file; a folder, or a file of another owner, is there all the same."""
    try:
        return read_if_there(path)
    except OSError:
        return ""


def cause_of(written: Any) -> StopCause:
    """The cause as somebody wrote it; an unknown one counts as ``errors``, which is latched."""
    return next((cause for cause in StopCause if cause.value == written), StopCause.ERRORS)


def policy_of(written: Any) -> StopPolicy:
    """The policy as somebody wrote it; its default if unreadable."""
    return next((each for each in StopPolicy if each.value == written), StopPolicy.CANCEL_ENTRIES)


def time_of(written: Any) -> datetime:
    """The moment as somebody wrote it, in UTC where nothing else is said; 1970 if unreadable."""
    try:
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return _UNKNOWN_TIME
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
