"""Placing an order."""

from decimal import Decimal

from botrunner.venue.account import Account
from botrunner.venue.activation import price_market_order, trim_to_position
from botrunner.venue.admission import Application, refuse
from botrunner.venue.commands import PlaceOrder
from botrunner.venue.floor import Floor, identity
from botrunner.venue.matching import work
from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.requirement import held_to_band, refuse_exposure
from botrunner.venue.vocabulary import (
    CreateType,
    OrderStatus,
    OrderType,
    StopOrderType,
    TimeInForce,
)
from botrunner.venue.working import arm, report


def place(floor: Floor, account: Account, command: PlaceOrder) -> Order | Refusal:
    """Take the order in, or say why not. What is taken in may still end at once."""
    market = floor.markets[command.symbol]
    if market.prices is None:
        return Refusal(reason=RefusalReason.NO_PRICE, field="symbol")
    application = Application(
        command=command,
        account=account,
        holding=floor.holding(account, command.symbol),
        market=market,
        prices=market.prices,
        settings=floor.settings,
        at=floor.at,
    )
    refusal = refuse(application)
    if refusal is not None:
        return refusal
    price = _working_price(floor, application)
    if isinstance(price, Refusal):
        return price
    order = _new_order(floor, application, price)
    refusal = None if application.is_conditional else _prepare(floor, order)
    if refusal is not None:
        return refusal
    return _admit(floor, account, order)


def _admit(floor: Floor, account: Account, order: Order) -> Order:
    order.number = floor.next_order_number()
    order.order_id = identity(0xA, order.number)
    seq = floor.next_seq()
    order.created_seq = seq
    if order.link_id:
        account.link_ids[order.link_id] = order.order_id
    if order.trigger_price is None:
        work(floor, order, seq)
    else:
        arm(floor, order)
        report(floor, order, OrderStatus.UNTRIGGERED, seq)
    return order


def _prepare(floor: Floor, order: Order) -> Refusal | None:
    trim_to_position(floor, order)
    price_market_order(floor, order)
    return refuse_exposure(floor, order, quantity=order.quantity)


def _working_price(floor: Floor, application: Application) -> Decimal | Refusal:
    command = application.command
    if command.order_type is OrderType.MARKET or command.price is None:
        return ZERO
    if application.is_conditional:
        return command.price
    return held_to_band(floor, application.account, application.market, command.side, command.price)


def _new_order(floor: Floor, application: Application, price: Decimal) -> Order:
    command = application.command
    is_market = command.order_type is OrderType.MARKET
    conditional = application.is_conditional
    return Order(
        account=command.account,
        symbol=command.symbol,
        number=0,
        order_id="",
        side=command.side,
        order_type=command.order_type,
        time_in_force=TimeInForce.IOC if is_market else command.time_in_force,
        position_idx=command.position_idx,
        price=price,
        quantity=command.quantity,
        created_at=floor.at,
        updated_at=floor.at,
        created_seq=0,
        create_type=CreateType.CLOSING if application.closes_whole else CreateType.USER,
        link_id=command.link_id,
        reduce_only=command.reduce_only,
        close_on_trigger=command.close_on_trigger,
        closing=application.is_closing,
        whole_position=application.closes_whole,
        stop_order_type=StopOrderType.STOP if conditional else StopOrderType.NONE,
        trigger_price=command.trigger_price,
        trigger_direction=command.trigger_direction if conditional else None,
        trigger_by=command.trigger_by,
        take_profit=command.take_profit or None,
        stop_loss=command.stop_loss or None,
        take_profit_by=command.take_profit_by,
        stop_loss_by=command.stop_loss_by,
        last_price_on_created=application.prices.last,
    )
