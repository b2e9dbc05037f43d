"""Whether the key may be used, asked before anything else (PR-2, KU-26, RI-9)."""

from dataclasses import dataclass
from datetime import datetime

from botapi.conditions import ConditionReason
from botrunner.exchanges.errors import CredentialsRefusedError, ExchangeError
from botrunner.exchanges.key_check import key_refusal
from botrunner.exchanges.port import Exchange, KeyInformation
from botrunner.service.clock import Clock

RECHECK_SECONDS = 60.0
"""A refused key is never tried again in a tight loop."""
_LONGEST_DELAY = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVerdict:
    """What came of the check: the owner, or a problem in words with its reason."""

    uid: str = ""
    problem: str = ""
    reason: str = ""


def judge_key(
    key: KeyInformation, *, allow_withdraw: bool, last_uid: str, now: datetime
) -> KeyVerdict:
    """Whether a key that the venue knows may be used for this account."""
    refusal = key_refusal(key, allow_withdraw=allow_withdraw, now=now)
    if refusal is not None:
        return KeyVerdict(problem=refusal, reason=_reason(key, now).value)
    if last_uid and last_uid != key.uid:
        text = (
            f"the keys open account {key.uid} of the exchange, the state folder is that of "
            f"{last_uid}; give the right keys, or another name to the account"
        )
        return KeyVerdict(problem=text, reason=ConditionReason.ACCOUNT_CHANGED.value)
    return KeyVerdict(uid=key.uid)


async def check_key(
    exchange: Exchange, clock: Clock, *, allow_withdraw: bool, last_uid: str, attempt: int
) -> tuple[KeyVerdict, float]:
    """One look at the key, and after how many seconds the next is due where it is not well."""
    try:
        key = await exchange.read_key()
    except CredentialsRefusedError as error:
        reason = ConditionReason.KEY_REFUSED.value
        return KeyVerdict(problem=str(error), reason=reason), RECHECK_SECONDS
    except ExchangeError as error:
        text = f"the key could not be checked yet: {error}"
        reason = ConditionReason.NOT_REPORTED.value
        return KeyVerdict(problem=text, reason=reason), min(_LONGEST_DELAY, 2.0**attempt)
    verdict = judge_key(key, allow_withdraw=allow_withdraw, last_uid=last_uid, now=clock.now())
    return verdict, RECHECK_SECONDS


def _reason(key: KeyInformation, now: datetime) -> ConditionReason:
    if key.expires_at is not None and key.expires_at <= now:
        return ConditionReason.KEY_EXPIRED
    if key.is_read_only or not key.may_place_orders or not key.may_change_positions:
        return ConditionReason.PERMISSION_MISSING
    return ConditionReason.WITHDRAW_ALLOWED
