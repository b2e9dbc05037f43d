"""The account's day: what equity was when it began, and what came in or went out since (RI-31)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from botrunner.domain.account import Wallet
from botrunner.domain.precision import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Money that came into the account or left it, and was neither won nor lost there."""

    transfer_id: str
    amount: Decimal
    """USDT at the time; negative when taken out."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of one account."""

    started: datetime
    """The boundary; of an account first seen during a day, the first reading of its wallet."""
    opening_equity: Decimal
    pnl: Decimal | None = None
    """Change of equity since, less transfers; None until the transfers since are known."""


def day_of(at: datetime) -> datetime:
    """The boundary before a moment: midnight, UTC."""
    since = timedelta(
        hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond
    )
    return at - since


def transferred(transfers: Iterable[Transfer], after: datetime, until: datetime) -> Decimal:
    """The sum of what came in less what went out between two moments, the second included."""
    return sum((each.amount for each in transfers if after < each.at <= until), ZERO)


def cash_of(wallet: Wallet) -> Decimal:
    """Equity without what open positions would bring: no price moves it, a transfer always does."""
    return wallet.equity - wallet.unrealised_pnl
