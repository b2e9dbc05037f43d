"""The account's day as the last life reported it, so that a restart does not begin it anew."""

from botapi.v1alpha1.status import AccountStatus
from botrunner.domain.day import Day


def last_day(status: AccountStatus | None) -> Day | None:
    """The day of the status; None where none was reported."""
    account = status.account if status is not None else None
    if account is None or account.day_opening_equity is None or account.day_started is None:
        return None
    return Day(started=account.day_started, opening_equity=account.day_opening_equity)
