"""What an account earned and paid, added up from its fills and funding. Pure."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from botapi.v1alpha1.status import AccountStatus
from botrunner.domain.control import SymbolRead
from botrunner.domain.events import FundingSettled, OrderFilled
from botrunner.domain.position import Holding, Position
from botrunner.domain.side import Side

ZERO = Decimal(0)
_BOOKED = Decimal("1e-8")
"""Venues book what was realised in so many decimals, half to even."""


@dataclass(slots=True, kw_only=True)
class Totals:
    """Sums over the account's life; the sums of earlier lives are where it begins."""

    since: datetime
    """What happened up to then is in the sums already, or before the account was first seen."""
    realised: Decimal = ZERO
    """Exit less entry prices of what was closed, before fees and funding, USDT."""
    fees: Decimal = ZERO
    """Paid, USDT."""
    funding: Decimal = ZERO
    """Received less paid, USDT."""
    holdings: dict[tuple[str, Side], Holding] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    @property
    def net(self) -> Decimal:
        """What the wallet gained by trading."""
        return self.realised - self.fees + self.funding

    def filled(self, fill: OrderFilled) -> Decimal | None:
        """Add one execution, once; what it realised. None for one that was added before."""
        if not self._is_new(fill.execution_id, fill.at):
            return None
        self.fees += fill.fee
        key = (fill.symbol, fill.side)
        held = self.holdings.get(key, Holding())
        if not fill.reduces:
            self.holdings[key] = held.entered(fill.quantity, fill.price, fill.fee)
            return ZERO
        if held.is_flat:
            return ZERO
        closed = min(fill.quantity, held.quantity)
        value, sign = closed * fill.price, fill.side.sign
        cost = held.notional * closed / held.quantity
        gained = (sign * (value - cost)).quantize(_BOOKED, rounding=ROUND_HALF_EVEN)
        # The rounded result decides which cost has left: the parts add up to the whole.
        left = held.notional - (value - sign * gained)
        kept = replace(held.reduced(closed), notional=left)
        self.holdings[key] = Holding() if closed == held.quantity else kept
        self.realised += gained
        return gained

    def settled(self, funding: FundingSettled) -> None:
        """Add one funding settlement, once."""
        if self._is_new(funding.execution_id, funding.at):
            self.funding -= funding.paid

    def recovered(self, read: SymbolRead) -> None:
        """Take over what is held, and what the history tells that no event did."""
        for fill in sorted(read.fills, key=lambda each: each.at):
            self.filled(fill)
        for funding in read.funding:
            self.settled(funding)
        for position in read.positions:
            self.holdings[(position.symbol, position.side)] = _holding_of(position)

    def _is_new(self, execution_id: str, at: datetime) -> bool:
        if at <= self.since or execution_id in self.seen:
            return False
        self.seen.add(execution_id)
        return True


def totals_from(status: AccountStatus | None, now: datetime) -> Totals:
    """The sums and holdings that the last life reported; zero from now on without one."""
    account = status.account if status is not None else None
    runner = status.runner if status is not None else None
    if status is None or account is None or runner is None or runner.last_report is None:
        return Totals(since=now)
    return Totals(
        since=account.sums_until or runner.last_report,
        realised=account.realised_pnl or ZERO,
        fees=account.fees or ZERO,
        funding=account.funding or ZERO,
        holdings={
            (p.symbol, Side(p.side.value)): Holding().entered(p.quantity, p.entry_price, ZERO)
            for p in status.positions
            if p.entry_price is not None
        },
    )


def _holding_of(position: Position) -> Holding:
    if position.quantity == 0:
        return Holding()
    return Holding().entered(position.quantity, position.average_price, ZERO)
