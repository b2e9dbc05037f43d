"""A position, and what a fill does to it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from botrunner.venue.money import ZERO, round_money
from botrunner.venue.order import Order
from botrunner.venue.vocabulary import PositionIdx, Side, StopOrderType


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """The part of a fill that closed something."""

    quantity: Decimal
    entry_value: Decimal
    exit_value: Decimal
    open_fee: Decimal
    close_fee: Decimal
    pnl: Decimal
    """Gross of fees."""


@dataclass(slots=True, kw_only=True, eq=False)
class Trail:
    """How a trailing stop follows the last price."""

    order: Order
    distance: Decimal
    activation_price: Decimal | None
    """None once it follows."""


@dataclass(slots=True, kw_only=True, eq=False)
class Position:
    """What an account holds of a symbol, on one side or net."""

    position_idx: PositionIdx
    created_at: datetime
    updated_at: datetime
    size: Decimal = ZERO
    """Signed: negative is short."""
    entry_value: Decimal = ZERO
    """|size| * average entry price, kept exact."""
    open_fee: Decimal = ZERO
    """Paid for opening what is still open."""
    realised: Decimal = ZERO
    """Since it was opened, net of fees and funding."""
    total_realised: Decimal = ZERO
    opened_at: datetime | None = None
    seq: int = 0
    stops: dict[StopOrderType, Order] = field(default_factory=dict)
    """At most one take profit, one stop loss and one trailing stop."""
    trail: Trail | None = None

    @property
    def sign(self) -> int:
        """1 long, -1 short; 1 when flat."""
        return -1 if self.size < ZERO else 1

    @property
    def closing_side(self) -> Side:
        """The side of an order that reduces it."""
        return Side.BUY if self.size < ZERO else Side.SELL

    def fill(
        self, *, sign: int, price: Decimal, quantity: Decimal, fee: Decimal, at: datetime
    ) -> Reduction | None:
        """Close first, then open with what is left; None if nothing was closed."""
        reduction = None
        if self.size * sign < ZERO:
            closed = min(abs(self.size), quantity)
            close_fee = fee if closed == quantity else round_money(fee * closed / quantity)
            reduction = self._reduce(closed, price, close_fee)
            quantity -= closed
            fee -= close_fee
        if quantity > ZERO:
            self._open(sign, price, quantity, fee, at)
        self.updated_at = at
        return reduction

    def receive(self, amount: Decimal) -> None:
        """Book funding or a fee; negative is paid."""
        self.realised += amount
        self.total_realised += amount

    def _open(
        self, sign: int, price: Decimal, quantity: Decimal, fee: Decimal, at: datetime
    ) -> None:
        if self.size == ZERO:
            self.opened_at = at
            self.realised = ZERO
        self.size += sign * quantity
        self.entry_value += price * quantity
        self.open_fee += fee
        self.receive(-fee)

    def _reduce(self, closed: Decimal, price: Decimal, fee: Decimal) -> Reduction:
        held, sign, exit_value = abs(self.size), self.sign, price * closed
        if closed == held:
            entry_value, open_fee = self.entry_value, self.open_fee
            self.opened_at = None
        else:
            # The rounded result decides which entry value has left: nothing is lost between them.
            pnl = round_money(sign * (exit_value - self.entry_value * closed / held))
            entry_value = exit_value - sign * pnl
            open_fee = round_money(self.open_fee * closed / held)
        self.size -= sign * closed
        self.entry_value -= entry_value
        self.open_fee -= open_fee
        pnl = sign * (exit_value - entry_value)
        self.receive(pnl - fee)
        return Reduction(
            quantity=closed,
            entry_value=entry_value,
            exit_value=exit_value,
            open_fee=open_fee,
            close_fee=fee,
            pnl=pnl,
        )
