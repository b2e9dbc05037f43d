"""Checks before new exposure, in the order of RI-32; the first that refuses wins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.domain.control import Block
from botrunner.domain.desired import DesiredOrder
from botrunner.domain.market import Quote
from botrunner.domain.parameters import RiskParameters
from botrunner.domain.precision import ZERO
from botrunner.domain.side import Side
from botrunner.risk.verdict import Reason, Refused

OpenSide = tuple[str, Side]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What the account holds, filled and resting entries together, in USDT."""

    open_sides: frozenset[OpenSide]
    """Symbol and side of every position and of every side with a resting entry."""
    of_symbol: Decimal
    of_account: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskView:
    """Everything the checks look at, for one symbol at one moment."""

    symbol: str
    risk: RiskParameters
    stopped: bool
    disabled: str
    """Why TradingEnabled is false; empty when it is true."""
    stream_up: bool
    """The private stream is connected, and reconciled since."""
    blocks: frozenset[Block]
    quote: Quote | None
    uncertain: bool
    """An order of the symbol is missing at the venue."""
    leverage: Decimal
    exposure: Exposure
    now: datetime
    is_polled: bool = False
    """Without the stream: what it would have told was read a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRequest:
    """New exposure of one symbol: one order, or a pair."""

    orders: tuple[DesiredOrder, ...]
    reducing: bool
    """A reopening up to the other side's quantity; exempt from RI-21 to RI-25 and RI-34."""

    @property
    def value(self) -> Decimal:
        """Quantity times price over all orders, USDT."""
        return sum((order.quantity * (order.price or ZERO) for order in self.orders), ZERO)


Check = Callable[[EntryRequest, RiskView], Refused | None]


def check_entry(request: EntryRequest, view: RiskView) -> Refused | None:
    """The first refusal, or None. Money comes after these, venue limits too."""
    for check in CHECKS:
        refused = check(request, view)
        if refused is not None:
            return refused
    return None


def check_emergency(request: EntryRequest, view: RiskView) -> Refused | None:
    """No new exposure in a stop."""
    return _refuse(view.stopped, Reason.EMERGENCY, "an emergency stop is in force")


def check_enabled(request: EntryRequest, view: RiskView) -> Refused | None:
    """No new exposure until the start is complete."""
    return _refuse(bool(view.disabled), Reason.TRADING_DISABLED, view.disabled)


def check_connections(request: EntryRequest, view: RiskView) -> Refused | None:
    """RI-34. A reopening passes what only restricts, if what the stream would tell is known."""
    if not view.stream_up and not (request.reducing and view.is_polled):
        return Refused(reason=Reason.RESTRICTED, message="the private stream is down")
    blocking = {Block.CREDENTIALS, Block.DELETION} if request.reducing else set(Block)
    names = sorted(block.value for block in view.blocks & (blocking - {Block.CLOCK}))
    return _refuse(bool(names), Reason.RESTRICTED, "blocked by " + ", ".join(names))


def check_price_age(request: EntryRequest, view: RiskView) -> Refused | None:
    """RI-26: no new exposure on an old price."""
    limit = view.risk.max_price_age
    if view.quote is None:
        return Refused(reason=Reason.STALE_PRICE, message="no price yet")
    age = view.now - view.quote.at
    seconds = f"{age.total_seconds():.1f} s"
    return _refuse(age > limit, Reason.STALE_PRICE, f"the price is {seconds} old")


def check_clock(request: EntryRequest, view: RiskView) -> Refused | None:
    """RI-26: no new exposure while our clock differs from the venue's."""
    return _refuse(Block.CLOCK in view.blocks, Reason.CLOCK, "500 ms or more off the venue's clock")


def check_symbol(request: EntryRequest, view: RiskView) -> Refused | None:
    """EX-9: no new exposure on a symbol where an order is missing."""
    return _refuse(view.uncertain, Reason.SYMBOL, "an order is missing at the venue")


def check_open_positions(request: EntryRequest, view: RiskView) -> Refused | None:
    """RI-22: each side of a hedge counts as one position."""
    if request.reducing:
        return None
    new = {(view.symbol, order.side) for order in request.orders}
    count, limit = len(view.exposure.open_sides | new), view.risk.max_open_positions
    text = f"{count} positions would be above maxOpenPositions {limit}"
    return _refuse(count > limit, Reason.OPEN_POSITIONS, text)


def check_notional(request: EntryRequest, view: RiskView) -> Refused | None:
    """RI-22: filled and resting entries plus this request."""
    if request.reducing:
        return None
    sums = (
        (Reason.SYMBOL_NOTIONAL, view.exposure.of_symbol, view.risk.max_notional_per_symbol),
        (Reason.ACCOUNT_NOTIONAL, view.exposure.of_account, view.risk.max_notional_per_account),
    )
    for reason, present, limit in sums:
        total = present + request.value
        if limit is not None and total > limit:
            return Refused(reason=reason, message=f"notional {total} would be above {limit}")
    return None


def check_leverage(request: EntryRequest, view: RiskView) -> Refused | None:
    """RI-22: maxLeverage bounds what is in force."""
    limit = view.risk.max_leverage
    over = limit is not None and view.leverage > limit
    return _refuse(over, Reason.LEVERAGE, f"leverage {view.leverage} is above maxLeverage {limit}")


CHECKS: tuple[Check, ...] = (
    check_emergency,
    check_enabled,
    check_connections,
    check_price_age,
    check_clock,
    check_symbol,
    check_open_positions,
    check_notional,
    check_leverage,
)
"""RI-32's order, for the checks there are."""


def _refuse(bad: bool, reason: Reason, message: str) -> Refused | None:
    return Refused(reason=reason, message=message) if bad else None
