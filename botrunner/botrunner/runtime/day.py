"""The account's day: its opening equity, kept over restarts (RI-31). Pure."""

from datetime import datetime, timedelta

from botapi.v1alpha1.status import AccountStatus
from botrunner.domain.account import Wallet
from botrunner.runtime.surroundings import Surroundings


def last_day(around: Surroundings, status: AccountStatus | None) -> None:
    """Take over the day that the last life reported."""
    account = status.account if status is not None else None
    if account is not None:
        around.day_opening_equity = account.day_opening_equity
        around.day_started = account.day_started


def keep_day(around: Surroundings, wallet: Wallet) -> None:
    """Begin a new day with this reading when the date (UTC) has turned."""
    today = day_of(wallet.at)
    if around.day_started is None or around.day_started < today:
        around.day_started, around.day_opening_equity = today, wallet.equity


def day_of(at: datetime) -> datetime:
    """When the day of a moment began."""
    since = timedelta(
        hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond
    )
    return at - since
