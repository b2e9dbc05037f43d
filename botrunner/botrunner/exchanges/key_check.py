"""Whether a key may be used (PR-2). Pure; each reason is told apart and says what to do."""

from datetime import datetime

from botrunner.exchanges.port import KeyInformation


def key_refusal(key: KeyInformation, *, allow_withdraw: bool, now: datetime) -> str | None:
    """Why the key is not used, with the remedy; None where it is well."""
    if key.expires_at is not None and key.expires_at <= now:
        return f"the key expired at {key.expires_at.isoformat()}: make a new one"
    if key.is_read_only:
        return "the key is read-only: make one that may trade"
    if not key.may_place_orders:
        return "the key may not place orders: grant it Orders for contracts"
    if not key.may_change_positions:
        return "the key may not change positions: grant it Positions for contracts"
    if key.may_withdraw and not allow_withdraw:
        return (
            "the key may withdraw: take that permission from it, "
            "or set credentials.allowWithdraw: true"
        )
    return None
