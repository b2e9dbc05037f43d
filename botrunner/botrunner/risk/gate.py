"""The gate: nothing but what passes here becomes an ``Approved``.

Rule 1: an entry needs a grant for its slot, made in this very step by ``ask``.
Rule 2: what reduces and what cancels always passes, but in a Freeze.
Rule 3: an entry that rests may be moved only while new exposure is allowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from botrunner.domain.actions import CancelOrder, OrderAction, PlaceOrder, Priority
from botrunner.domain.desired import DesiredOrder, OrderSlot
from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates
from botrunner.domain.precision import ZERO
from botrunner.domain.side import Side
from botrunner.risk.allowance import Allowance, Claim
from botrunner.risk.checks import EntryRequest, Exposure, RiskView, check_entry
from botrunner.risk.limits import check_limits
from botrunner.risk.margin import order_cost
from botrunner.risk.verdict import Approved, Reason, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an order's cost follows from."""

    instrument: Instrument
    fees: FeeRates
    leverage: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """New exposure is allowed; claims above ``top`` are given up for it."""

    top: int | None = None


class Gate:
    """Risk's verdicts on one strategy in one step."""

    def __init__(
        self,
        view: RiskView,
        terms: Terms,
        allowance: Allowance,
        side_values: dict[Side, Decimal],
        *,
        generation: int,
        frozen: bool,
    ) -> None:
        """``side_values``: value of what each side has filled and resting, USDT."""
        self._view, self._terms, self._allowance = view, terms, allowance
        self._side_values = side_values
        self._generation, self._frozen = generation, frozen
        self._granted: dict[OrderSlot, Decimal] = {}
        self._top: int | None = None
        """What rested above this level was given up in this step; None where nothing was."""

    def may_move_entries(self) -> bool:
        """Whether resting entries may be amended now; never without the private stream."""
        if not self._view.stream_up:
            return False
        nothing = EntryRequest(orders=(), reducing=True)
        return check_entry(nothing, self._view) is None

    def ask(self, request: EntryRequest, level: int, claims: Sequence[Claim]) -> Granted | Refused:
        """Judge new exposure, all of it or none; ``claims`` are what rests above ``level``."""
        refused = check_entry(request, self._view) or self._limits(request)
        if refused is not None:
            return refused
        needed = sum((self.cost(order) for order in request.orders), ZERO)
        grant = self._allowance.take(needed, self._above(level, claims))
        if not grant.granted:
            message = f"level {level} needs {needed:.4f}, {grant.missing:.4f} more than allowed"
            return Refused(reason=Reason.MONEY, message=message)
        for order in request.orders:
            self._grant(order)
        self._top = self._top if grant.top is None else grant.top
        return Granted(top=grant.top)

    def _above(self, level: int, claims: Sequence[Claim]) -> tuple[Claim, ...]:
        """What still rests above a level: money that was given up once is spent."""
        top = self._top
        return tuple(c for c in claims if c.level > level and (top is None or c.level <= top))

    @property
    def exposure(self) -> Exposure:
        """The account's exposure with everything granted so far."""
        return self._view.exposure

    def cost(self, order: DesiredOrder) -> Decimal:
        """What the venue blocks for this entry."""
        price = order.price or ZERO
        quote = self._view.quote
        crosses = quote is None or quote.entry_crosses(order.side, price)
        fee = self._terms.fees.taker if crosses else self._terms.fees.maker
        return order_cost(order.side, order.quantity * price, self._terms.leverage, fee)

    def approve(self, action: OrderAction) -> Approved | Refused:
        """Approve one order action, or say why not."""
        entry = not isinstance(action, CancelOrder) and not action.purpose.reduces
        if not entry or self._frozen:
            return approve_reducing(action, generation=self._generation, frozen=self._frozen)
        if isinstance(action, PlaceOrder):
            return self._approve_entry(action)
        if self.may_move_entries():
            return _approved(action, Priority.PLACE, self._generation)
        return Refused(reason=Reason.RESTRICTED, message="entries are held back")

    def _approve_entry(self, action: PlaceOrder) -> Approved | Refused:
        granted = self._granted.pop((action.side, action.purpose, action.level), ZERO)
        if action.quantity > granted:
            return Refused(reason=Reason.MONEY, message="nothing was granted for this entry")
        return _approved(action, Priority.PLACE, self._generation)

    def _grant(self, order: DesiredOrder) -> None:
        self._granted[order.slot] = order.quantity
        value = order.quantity * (order.price or ZERO)
        self._side_values[order.side] = self._side_values.get(order.side, ZERO) + value
        before = self._view.exposure
        after = Exposure(
            open_sides=before.open_sides | {(self._view.symbol, order.side)},
            of_symbol=before.of_symbol + value,
            of_account=before.of_account + value,
        )
        self._view = replace(self._view, exposure=after)

    def _limits(self, request: EntryRequest) -> Refused | None:
        for order in request.orders:
            refused = check_limits(
                order,
                self._terms.instrument,
                self._terms.leverage,
                self._side_values.get(order.side, ZERO),
                self._view.risk.min_notional,
                self._view.quote.mark if self._view.quote is not None else None,
            )
            if refused is not None:
                return refused
        return None


def approve_reducing(
    action: OrderAction, *, generation: int, frozen: bool = False
) -> Approved | Refused:
    """Approve a cancel or what closes a position: always, but in a Freeze."""
    if frozen:
        return Refused(reason=Reason.EMERGENCY, message="frozen: no order request at all")
    if isinstance(action, CancelOrder):
        return _approved(action, Priority.CANCEL, generation)
    if action.purpose.reduces:
        return _approved(action, Priority.PROTECT, generation)
    return Refused(reason=Reason.MONEY, message="an entry has to ask first")


def _approved(action: OrderAction, priority: Priority, generation: int) -> Approved:
    return Approved(action=action, generation=generation, priority=priority)
