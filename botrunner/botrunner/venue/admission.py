"""Which orders the venue takes. Each check answers with a refusal or with nothing.

The order of CHECKS is the order in which a client learns what is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.venue.account import Account, Holding
from botrunner.venue.commands import PlaceOrder
from botrunner.venue.market import Market, Prices
from botrunner.venue.money import ZERO
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.settings import ExcessClose, VenueSettings
from botrunner.venue.vocabulary import OrderType, PositionIdx, Side, TriggerDirection

_R = RefusalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An order that asks to be let in, and all that decides about it."""

    command: PlaceOrder
    account: Account
    holding: Holding
    market: Market
    prices: Prices
    settings: VenueSettings
    at: datetime

    @property
    def contract(self) -> Instrument:
        """The symbol's rules."""
        return self.market.instrument

    @property
    def sign(self) -> int:
        """1 buys, -1 sells."""
        return 1 if self.command.side is Side.BUY else -1

    @property
    def is_closing(self) -> bool:
        """Whether it may never add to a position."""
        return self.command.reduce_only or is_hedge_close(self.command)

    @property
    def closes_whole(self) -> bool:
        """Quantity 0 that means the whole position."""
        command = self.command
        return not command.quantity and command.reduce_only and command.close_on_trigger

    @property
    def is_conditional(self) -> bool:
        """Whether it waits for a trigger."""
        return self.command.trigger_price is not None


def is_hedge_close(command: PlaceOrder) -> bool:
    """In hedge mode a sell of the long and a buy of the short can only close."""
    closing_side = {PositionIdx.LONG: Side.SELL, PositionIdx.SHORT: Side.BUY}
    return closing_side.get(command.position_idx) is command.side


def refuse(application: Application) -> Refusal | None:
    """The first reason against an order, margin apart."""
    for check in CHECKS:
        refusal = check(application)
        if refusal is not None:
            return refusal
    return None


def check_quantity(contract: Instrument, quantity: Decimal, largest: Decimal) -> Refusal | None:
    """Step, minimum and maximum."""
    if quantity <= ZERO or quantity % contract.quantity_step:
        limit = contract.quantity_step
        return Refusal(reason=_R.QUANTITY_INVALID, value=quantity, limit=limit, field="quantity")
    if quantity < contract.min_quantity:
        return Refusal(
            reason=_R.QUANTITY_BELOW_MINIMUM,
            value=quantity,
            limit=contract.min_quantity,
            field="quantity",
        )
    if quantity > largest:
        return Refusal(
            reason=_R.QUANTITY_ABOVE_MAXIMUM, value=quantity, limit=largest, field="quantity"
        )
    return None


def check_price(contract: Instrument, price: Decimal | None, field: str) -> Refusal | None:
    """Tick and the contract's own range."""
    tick = contract.tick_size
    if price is None or price <= ZERO or price % tick:
        return Refusal(reason=_R.PRICE_INVALID, value=price, limit=tick, field=field)
    if not contract.min_price <= price <= contract.max_price:
        low = price < contract.min_price
        limit = contract.min_price if low else contract.max_price
        return Refusal(reason=_R.PRICE_OUT_OF_RANGE, value=price, limit=limit, field=field)
    return None


def check_trigger(trigger: Decimal, direction: TriggerDirection, price: Decimal) -> Refusal | None:
    """The trigger lies where the price is not yet."""
    if direction is TriggerDirection.RISE and trigger <= price:
        return Refusal(reason=_R.TRIGGER_NOT_ABOVE, value=trigger, limit=price)
    if direction is TriggerDirection.FALL and trigger >= price:
        return Refusal(reason=_R.TRIGGER_NOT_BELOW, value=trigger, limit=price)
    return None


def check_stop_side(
    *, sign: int, take_profit: Decimal | None, stop_loss: Decimal | None, against: Decimal
) -> Refusal | None:
    """A long's take profit is above the price and its stop loss below; a short's the reverse."""
    if take_profit and sign * (take_profit - against) <= ZERO:
        return Refusal(reason=_R.TAKE_PROFIT_WRONG_SIDE, value=take_profit, limit=against)
    if stop_loss and sign * (stop_loss - against) >= ZERO:
        return Refusal(reason=_R.STOP_LOSS_WRONG_SIDE, value=stop_loss, limit=against)
    return None


def _index(application: Application) -> Refusal | None:
    if application.holding.allows(application.command.position_idx):
        return None
    return Refusal(reason=_R.POSITION_IDX_MISMATCH, field="position_idx")


def _quantity(application: Application) -> Refusal | None:
    if application.closes_whole:
        return None
    command, contract = application.command, application.contract
    is_market = command.order_type is OrderType.MARKET
    largest = contract.max_market_quantity if is_market else contract.max_quantity
    if command.reduce_only:
        # The venue splits what is too large into several orders; here it stays one.
        largest = max(largest, command.quantity)
    return check_quantity(contract, command.quantity, largest)


def _price(application: Application) -> Refusal | None:
    if application.command.order_type is OrderType.MARKET:
        return None
    return check_price(application.contract, application.command.price, "price")


def _trigger(application: Application) -> Refusal | None:
    command = application.command
    if command.trigger_price is None:
        return None
    invalid = check_price(application.contract, command.trigger_price, "trigger_price")
    if invalid is not None or command.trigger_direction is None:
        return Refusal(
            reason=_R.TRIGGER_INVALID, value=command.trigger_price, field="trigger_price"
        )
    current = application.prices.of(command.trigger_by)
    return check_trigger(command.trigger_price, command.trigger_direction, current)


def _link_id(application: Application) -> Refusal | None:
    link_id = application.command.link_id
    if link_id and link_id in application.account.link_ids:
        return Refusal(reason=_R.LINK_ID_DUPLICATE, field="link_id")
    return None


def _count(application: Application) -> Refusal | None:
    settings, holding = application.settings, application.holding
    if application.is_conditional:
        if holding.conditional_orders >= settings.max_conditional_orders:
            limit = Decimal(settings.max_conditional_orders)
            return Refusal(reason=_R.TOO_MANY_CONDITIONAL_ORDERS, limit=limit)
    elif holding.active_orders >= settings.max_active_orders:
        limit = Decimal(settings.max_active_orders)
        return Refusal(reason=_R.TOO_MANY_ACTIVE_ORDERS, limit=limit)
    return None


def _notional(application: Application) -> Refusal | None:
    command, least = application.command, application.contract.min_notional
    if application.is_closing:
        return None
    price = command.price if command.order_type is OrderType.LIMIT else None
    notional = command.quantity * (price or command.trigger_price or application.prices.last)
    if notional < least:
        return Refusal(reason=_R.NOTIONAL_BELOW_MINIMUM, value=notional, limit=least)
    return None


def _reduction(application: Application) -> Refusal | None:
    command = application.command
    if not application.is_closing or application.is_conditional:
        return None
    size = application.holding.position(command.position_idx).size
    if not size:
        return Refusal(reason=_R.REDUCE_ONLY_NO_POSITION)
    if size * application.sign > ZERO:
        return Refusal(reason=_R.REDUCE_ONLY_WRONG_SIDE, field="side")
    refuses = application.settings.excess_close is ExcessClose.REFUSE
    if refuses and not command.reduce_only and command.quantity > abs(size):
        return Refusal(
            reason=_R.REDUCE_ONLY_EXCEEDS_POSITION, value=command.quantity, limit=abs(size)
        )
    return None


def _attached_stops(application: Application) -> Refusal | None:
    command = application.command
    if not command.take_profit and not command.stop_loss:
        return None
    if application.is_closing:
        return Refusal(reason=_R.STOPS_ON_CLOSE, field="take_profit")
    for field in ("take_profit", "stop_loss"):
        price = getattr(command, field)
        invalid = check_price(application.contract, price, field) if price else None
        if invalid is not None:
            return invalid
    # A limit order is compared with its own price: that is where the position would begin.
    price = command.price if command.order_type is OrderType.LIMIT else None
    against = price or command.trigger_price or application.prices.last
    return check_stop_side(
        sign=application.sign,
        take_profit=command.take_profit,
        stop_loss=command.stop_loss,
        against=against,
    )


CHECKS: tuple[Callable[[Application], Refusal | None], ...] = (
    _index,
    _quantity,
    _price,
    _trigger,
    _link_id,
    _count,
    _reduction,
    _attached_stops,
    _notional,
)
