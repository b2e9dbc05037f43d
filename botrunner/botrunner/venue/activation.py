"""The moment in which an order becomes active: placed without a trigger, or triggered."""

from decimal import Decimal

from botrunner.venue.floor import Floor
from botrunner.venue.matching import work
from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.requirement import band_limit, held_to_band, refuse_exposure
from botrunner.venue.vocabulary import (
    CancelType,
    CreateType,
    OrderStatus,
    OrderType,
    RejectReason,
    StopOrderType,
)
from botrunner.venue.working import end, report, withdraw

_REJECT_REASONS = {
    RefusalReason.INSUFFICIENT_BALANCE: RejectReason.INSUFFICIENT_BALANCE,
    RefusalReason.LEVERAGE_ABOVE_TIER: RejectReason.RISK_LIMIT,
    RefusalReason.RISK_LIMIT_EXCEEDED: RejectReason.RISK_LIMIT,
}


def trigger(floor: Floor, order: Order) -> None:
    """Pull an order's trigger: it becomes active, or ends because it no longer can."""
    seq = floor.next_seq()
    withdraw(floor, order)
    if order.stop_order_type is StopOrderType.STOP:
        order.create_type = CreateType.STOP_ORDER
    report(floor, order, OrderStatus.TRIGGERED, seq)
    if not trim_to_position(floor, order):
        end(
            floor,
            order,
            seq,
            cancel_type=CancelType.REDUCE_ONLY,
            reject_reason=RejectReason.REDUCE_ONLY,
            status=OrderStatus.REJECTED,
        )
        return
    reason = _refused_price(floor, order) or _refused_exposure(floor, order)
    if reason is not None:
        end(floor, order, seq, cancel_type=CancelType.SYSTEM, reject_reason=reason)
        return
    work(floor, order, seq)


def trim_to_position(floor: Floor, order: Order) -> bool:
    """Hold a closing order without fills to the position; False if it could reduce nothing."""
    if not order.closing:
        return True
    holding = floor.accounts[order.account].holdings[order.symbol]
    position = holding.position(order.position_idx)
    if position.size * order.sign >= ZERO:
        return False
    size = abs(position.size)
    if order.whole_position:
        order.quantity = size if order.is_position_stop else min(size, _largest(floor, order))
    else:
        order.quantity = min(size, order.quantity)
    return True


def price_market_order(floor: Floor, order: Order) -> None:
    """Give a market order its price: the band's."""
    if order.order_type is OrderType.MARKET:
        order.price = band_limit(floor, floor.markets[order.symbol], order.side)


def _largest(floor: Floor, order: Order) -> Decimal:
    contract = floor.markets[order.symbol].instrument
    is_market = order.order_type is OrderType.MARKET
    return contract.max_market_quantity if is_market else contract.max_quantity


def _refused_price(floor: Floor, order: Order) -> RejectReason | None:
    price_market_order(floor, order)
    if order.order_type is OrderType.LIMIT:
        account, market = floor.accounts[order.account], floor.markets[order.symbol]
        price = held_to_band(floor, account, market, order.side, order.price)
        if isinstance(price, Refusal):
            return RejectReason.PRICE_BAND
        order.price = price
    return None


def _refused_exposure(floor: Floor, order: Order) -> RejectReason | None:
    holding = floor.accounts[order.account].holdings[order.symbol]
    if holding.active_orders >= floor.settings.max_active_orders:
        return RejectReason.TOO_MANY_ORDERS
    refusal = refuse_exposure(floor, order, quantity=order.leaves)
    return _REJECT_REASONS[refusal.reason] if refusal else None
