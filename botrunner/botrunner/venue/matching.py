"""Matching: an order takes what the outside offers, and the rest waits or ends.

Rule 1: a taker pays the prices that the outside offers, best first, never beyond its own.
Rule 2: a resting order is filled at its own price, best price first, then first come first.
Rule 3: accounts never trade with each other; the outside is the other side of every fill.
"""

from decimal import Decimal

from botrunner.venue.events import PublicTrade
from botrunner.venue.floor import Floor
from botrunner.venue.following import attach_stops, follow_position
from botrunner.venue.market import Market
from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.position import Reduction
from botrunner.venue.settlement import Deal, record_closed, settle
from botrunner.venue.vocabulary import (
    CancelType,
    OrderStatus,
    RejectReason,
    Side,
    TimeInForce,
)
from botrunner.venue.working import end, report, rest, unbook, withdraw


def work(floor: Floor, order: Order, seq: int) -> None:
    """Match an order that has just become active, or whose price has changed."""
    market = floor.markets[order.symbol]
    reason = _refused_at_once(market, order)
    if reason is not None:
        end(floor, order, seq, cancel_type=CancelType.SYSTEM, reject_reason=reason)
        return
    reductions = _take(floor, market, order, seq)
    if not order.leaves:
        report(floor, order, OrderStatus.FILLED, seq)
    elif order.time_in_force is TimeInForce.IOC:
        reason = RejectReason.NO_IMMEDIATE_QUANTITY
        end(floor, order, seq, cancel_type=CancelType.SYSTEM, reject_reason=reason)
    else:
        rest(floor, order)
        report(floor, order, _open_status(order), seq)
    if order.filled_quantity:
        _conclude(floor, order, reductions, seq)


def fill_resting(floor: Floor, order: Order, quantity: Decimal) -> None:
    """Fill a resting order as the maker, at its own price."""
    seq = floor.next_seq()
    account = floor.accounts[order.account]
    unbook(account.holdings[order.symbol], order, quantity)
    deal = Deal(price=order.price, quantity=quantity, fee_rate=account.fees.maker, is_maker=True)
    reduction = settle(floor, order, deal, seq)
    _publish(floor, order, deal, seq)
    if not order.leaves:
        withdraw(floor, order)
    report(floor, order, _open_status(order) if order.leaves else OrderStatus.FILLED, seq)
    _conclude(floor, order, [reduction] if reduction else [], seq)


def _refused_at_once(market: Market, order: Order) -> RejectReason | None:
    match order.time_in_force:
        case TimeInForce.POST_ONLY if market.crosses(order.side, order.price):
            return RejectReason.POST_ONLY_WOULD_TAKE
        case TimeInForce.FOK:
            offered = market.reachable(order.side, order.price, order.leaves)
            if sum((quantity for _, quantity in offered), ZERO) < order.leaves:
                return RejectReason.NO_FULL_FILL
        case _:
            pass
    return None


def _take(floor: Floor, market: Market, order: Order, seq: int) -> list[Reduction]:
    fee_rate = floor.accounts[order.account].fees.taker
    reductions = []
    for price, quantity in market.reachable(order.side, order.price, order.leaves):
        market.take(order.side, price, quantity)
        deal = Deal(price=price, quantity=quantity, fee_rate=fee_rate, is_maker=False)
        reduction = settle(floor, order, deal, seq)
        _publish(floor, order, deal, seq)
        if reduction is not None:
            reductions.append(reduction)
    return reductions


def _conclude(floor: Floor, order: Order, reductions: list[Reduction], seq: int) -> None:
    holding = floor.accounts[order.account].holdings[order.symbol]
    record_closed(floor, order, reductions, seq)
    follow_position(floor, holding, holding.position(order.position_idx), seq)
    attach_stops(floor, holding, order, seq)


def _open_status(order: Order) -> OrderStatus:
    return OrderStatus.PARTIALLY_FILLED if order.filled_quantity else OrderStatus.NEW


def _publish(floor: Floor, order: Order, deal: Deal, seq: int) -> None:
    taker_side = order.side
    if deal.is_maker:
        taker_side = Side.SELL if order.side is Side.BUY else Side.BUY
    floor.tape.trades.append(
        PublicTrade(
            symbol=order.symbol,
            trade_id=floor.next_trade_id(),
            price=deal.price,
            quantity=deal.quantity,
            taker_side=taker_side,
            at=floor.at,
            seq=seq,
        )
    )
