"""What an account earned and paid, added up from its fills and funding. Pure."""

from dataclasses import dataclass, field
from decimal import Decimal

from botrunner.domain.control import SymbolRead
from botrunner.domain.events import FundingSettled, OrderFilled
from botrunner.domain.position import Holding, Position
from botrunner.domain.side import Side

ZERO = Decimal(0)


@dataclass(slots=True, kw_only=True)
class Totals:
    """Sums over the account's life; the sums of earlier lives are where it begins."""

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

    def filled(self, fill: OrderFilled) -> Decimal:
        """Add one execution, once; what it realised."""
        if fill.execution_id in self.seen:
            return ZERO
        self.seen.add(fill.execution_id)
        self.fees += fill.fee
        key = (fill.symbol, fill.side)
        held = self.holdings.get(key, Holding())
        if not fill.reduces:
            self.holdings[key] = held.entered(fill.quantity, fill.price, fill.fee)
            return ZERO
        if held.is_flat:
            return ZERO
        left = held.reduced(fill.quantity)
        # By cost, not by average price: the parts of one position add up without rounding.
        closed = min(fill.quantity, held.quantity)
        gained = fill.side.sign * (closed * fill.price - (held.notional - left.notional))
        self.holdings[key] = left
        self.realised += gained
        return gained

    def settled(self, funding: FundingSettled) -> None:
        """Add one funding settlement, once."""
        if funding.execution_id not in self.seen:
            self.seen.add(funding.execution_id)
            self.funding -= funding.paid

    def recovered(self, read: SymbolRead) -> None:
        """Take over what is held and what the history told before this life began."""
        self.seen.update(fill.execution_id for fill in read.fills)
        self.seen.update(each.execution_id for each in read.funding)
        for position in read.positions:
            self.holdings[(position.symbol, position.side)] = _holding_of(position)


def _holding_of(position: Position) -> Holding:
    if position.quantity == 0:
        return Holding()
    return Holding().entered(position.quantity, position.average_price, ZERO)
