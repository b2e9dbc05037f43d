"""Positions as the venue reports them, and holdings as the fills add up to them."""

from dataclasses import dataclass, replace
from decimal import Decimal

from botrunner.domain.precision import ZERO, settled
from botrunner.domain.side import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One side of one symbol, as reported; a flat side has quantity 0."""

    symbol: str
    side: Side
    quantity: Decimal
    """Base coin, never negative."""
    average_price: Decimal
    leverage: Decimal

    def unrealised_pnl(self, mark: Decimal) -> Decimal:
        """Profit at the mark price, quote coin."""
        return self.side.sign * self.quantity * (mark - self.average_price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What is open of one side, with what was paid for it.

    Every exit takes quantity, notional, fees and funding down pro rata (GR-30), so the price of
    the take-profit never moves with its own fills.
    """

    quantity: Decimal = ZERO
    notional: Decimal = ZERO
    """Sum of quantity * price of the entries still open."""
    fees: Decimal = ZERO
    """Entry fees paid on them; negative with rebates."""
    funding: Decimal = ZERO
    """Funding paid on them; negative when received."""

    @property
    def is_flat(self) -> bool:
        """Nothing is open."""
        return self.quantity == 0

    @property
    def average_price(self) -> Decimal:
        """Entry price of what is open; only of a holding that is not flat."""
        return settled(self.notional / self.quantity)

    def entered(self, quantity: Decimal, price: Decimal, fee: Decimal) -> "Holding":
        """With one more entry fill."""
        return replace(
            self,
            quantity=self.quantity + quantity,
            notional=self.notional + quantity * price,
            fees=self.fees + fee,
        )

    def reduced(self, quantity: Decimal) -> "Holding":
        """With ``quantity`` less, everything pro rata; more than is open leaves it flat."""
        if quantity >= self.quantity:
            return Holding()
        kept = self.quantity - quantity
        return Holding(
            quantity=kept,
            notional=self.notional * kept / self.quantity,
            fees=self.fees * kept / self.quantity,
            funding=self.funding * kept / self.quantity,
        )

    def charged(self, funding: Decimal) -> "Holding":
        """With a funding settlement; received is negative."""
        return replace(self, funding=self.funding + funding)


def split_funding(paid: Decimal, notionals: dict[Side, Decimal]) -> dict[Side, Decimal]:
    """Split what a symbol paid net (received: negative) by each side's notional at the settlement.

    One rate holds for both sides and the sides pay each other's opposite, so the rate is
    paid / (long - short). Equal sides pay nothing net, and what each paid cannot be known: zero.
    """
    net = notionals[Side.LONG] - notionals[Side.SHORT]
    if net == 0:
        return {Side.LONG: ZERO, Side.SHORT: ZERO}
    rate = paid / net
    return {side: settled(side.sign * rate * notionals[side]) for side in Side}
