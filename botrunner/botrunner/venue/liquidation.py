"""Liquidation: what the venue does to an account whose maintenance margin is no longer covered.

Cross margin: cancel its orders; reduce the positions that are above the lowest risk tier, tier by
tier; take over what is left at the bankruptcy price, where the account's margin is exactly used up.
Isolated margin: the same with one position and its own margin. The insurance fund closes what it
took over at the mark and keeps or bears the difference; when it cannot bear it, positions on the
other side are deleveraged at the bankruptcy price instead.
"""

from dataclasses import dataclass
from decimal import Decimal

from botrunner.venue.account import Account, Holding
from botrunner.venue.events import Liquidated
from botrunner.venue.floor import Floor, identity
from botrunner.venue.following import follow_position
from botrunner.venue.margin import takeover_price
from botrunner.venue.matching import work
from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.position import Position
from botrunner.venue.requirement import band_limit
from botrunner.venue.settlement import Deal, move_money, record_closed, settle
from botrunner.venue.valuation import (
    PositionFigures,
    position_figures,
    tier_of,
    totals_of,
)
from botrunner.venue.vocabulary import (
    CancelType,
    CreateType,
    ExecutionType,
    MarginMode,
    OrderStatus,
    OrderType,
    RejectReason,
    Side,
    TimeInForce,
    TransactionType,
)
from botrunner.venue.working import end, report


@dataclass(frozen=True, slots=True)
class Exposed:
    """An open position of an account, valued."""

    account: Account
    holding: Holding
    position: Position
    figures: PositionFigures


def examine(floor: Floor, account: Account) -> None:
    """Liquidate the account if its margin is gone; otherwise do nothing."""
    if account.margin_mode is MarginMode.ISOLATED:
        for exposed in _exposed(floor, account):
            if _is_isolated_bust(exposed.figures):
                _liquidate_isolated(floor, exposed)
    elif _is_bust(floor, account):
        _liquidate(floor, account)


def _is_bust(floor: Floor, account: Account) -> bool:
    totals = totals_of(floor, account)
    needed = totals.position_maintenance
    return needed > ZERO and needed >= account.balance + totals.unrealised


def _is_isolated_bust(figures: PositionFigures) -> bool:
    return figures.initial + figures.unrealised <= figures.maintenance


def _liquidate(floor: Floor, account: Account) -> None:
    _cancel_orders(floor, account, None)
    while _is_bust(floor, account) and _reduce_one_tier(floor, _exposed(floor, account)):
        pass
    if not _is_bust(floor, account):
        return
    exposed = _exposed(floor, account)
    margin = account.balance + sum((e.figures.unrealised for e in exposed), ZERO)
    needed = sum((e.figures.maintenance for e in exposed), ZERO)
    for each in exposed:
        _take_over(floor, each, margin * each.figures.maintenance / needed)
    _cover_deficit(floor, account)


def _liquidate_isolated(floor: Floor, exposed: Exposed) -> None:
    _cancel_orders(floor, exposed.account, exposed.holding.symbol)
    while _reduce_one_tier(floor, [exposed]):
        exposed = _valued(floor, exposed.account, exposed.holding, exposed.position)
        if not _is_isolated_bust(exposed.figures):
            return
    _take_over(floor, exposed, exposed.figures.initial + exposed.figures.unrealised)
    _cover_deficit(floor, exposed.account)


def _cancel_orders(floor: Floor, account: Account, symbol: str | None) -> None:
    for order in list(account.open_orders.values()):
        if symbol in (None, order.symbol) and not order.is_position_stop:
            end(
                floor,
                order,
                floor.next_seq(),
                cancel_type=CancelType.BEFORE_LIQUIDATION,
                reject_reason=RejectReason.NONE,
            )


def _reduce_one_tier(floor: Floor, exposed: list[Exposed]) -> bool:
    """Sell the largest position that is above the lowest tier down one tier."""
    for each in sorted(exposed, key=lambda e: e.figures.maintenance, reverse=True):
        contract = floor.markets[each.holding.symbol].instrument
        mark = floor.prices(each.holding.symbol).mark
        size = abs(each.position.size)
        number, _ = tier_of(contract, size * mark)
        if number == 1:
            continue
        kept = contract.floor_quantity(contract.tiers[number - 2].limit / mark)
        order = _venue_order(floor, each, CreateType.LIQUIDATION, size - kept)
        order.price = band_limit(floor, floor.markets[order.symbol], order.side)
        work(floor, order, order.created_seq)
        if order.filled_quantity:
            _announce(floor, order, order.filled_quantity, order.price)
            return True
    return False


def _take_over(floor: Floor, exposed: Exposed, share: Decimal) -> None:
    """Close the whole position at its bankruptcy price."""
    position, contract = exposed.position, floor.markets[exposed.holding.symbol].instrument
    size, sign = abs(position.size), position.sign
    if not size:
        return
    mark = floor.prices(exposed.holding.symbol).mark
    taker = exposed.account.fees.taker
    exact = takeover_price(size=size, sign=sign, mark=mark, share=share, taker=taker)
    # To the tick in the account's favour: its balance may not end below nothing.
    price = contract.ceil_price(exact) if sign > 0 else contract.floor_price(exact)
    price = max(price, contract.tick_size)
    order = _venue_order(floor, exposed, CreateType.TAKEOVER, size)
    order.price = price
    _close(floor, order, size, price, ExecutionType.BUST_TRADE, taker)
    _announce(floor, order, size, price)
    _hand_to_insurance(floor, order, size, sign, price, mark)


def _cover_deficit(floor: Floor, account: Account) -> None:
    """A jump can cost more than a price above 0 can settle, and a fee's last digit is rounded."""
    if account.balance < ZERO and not _exposed(floor, account):
        deficit = -account.balance
        floor.pools.insurance -= deficit
        move_money(floor, account, TransactionType.INSURANCE, deficit, floor.next_seq())


def _hand_to_insurance(
    floor: Floor, order: Order, size: Decimal, sign: int, price: Decimal, mark: Decimal
) -> None:
    result = sign * size * (mark - price)
    if floor.pools.insurance + result >= ZERO:
        floor.pools.insurance += result
        floor.markets[order.symbol].outside_cash -= result
        return
    # The outside already took the position at the bankruptcy price: it bears what accounts do not.
    for rival in _rivals(floor, order, sign):
        quantity = min(size, abs(rival.position.size))
        if quantity > ZERO:
            adl = _venue_order(floor, rival, CreateType.DELEVERAGING, quantity)
            adl.price = price
            _close(floor, adl, quantity, price, ExecutionType.ADL_TRADE, ZERO)
            size -= quantity


def _rivals(floor: Floor, order: Order, sign: int) -> list[Exposed]:
    """Others' positions on the other side, the highest leveraged profit first."""
    found = []
    for holding in floor.markets[order.symbol].holders.values():
        if holding.account == order.account:
            continue
        account = floor.accounts[holding.account]
        for position in holding.open_positions():
            if position.size * sign < ZERO:
                found.append(_valued(floor, account, holding, position))
    return sorted(found, key=_profit_rank, reverse=True)


def _profit_rank(exposed: Exposed) -> Decimal:
    return exposed.figures.unrealised / exposed.figures.initial


def _close(
    floor: Floor,
    order: Order,
    quantity: Decimal,
    price: Decimal,
    execution_type: ExecutionType,
    fee_rate: Decimal,
) -> None:
    deal = Deal(
        price=price,
        quantity=quantity,
        fee_rate=fee_rate,
        is_maker=False,
        execution_type=execution_type,
    )
    reduction = settle(floor, order, deal, order.created_seq)
    report(floor, order, OrderStatus.FILLED, order.created_seq)
    reductions = [reduction] if reduction else []
    record_closed(floor, order, reductions, order.created_seq, execution_type)
    holding = floor.accounts[order.account].holdings[order.symbol]
    position = holding.position(order.position_idx)
    follow_position(floor, holding, position, order.created_seq)


def _exposed(floor: Floor, account: Account) -> list[Exposed]:
    return [
        _valued(floor, account, holding, position)
        for holding in account.holdings.values()
        for position in holding.open_positions()
    ]


def _valued(floor: Floor, account: Account, holding: Holding, position: Position) -> Exposed:
    market = floor.markets[holding.symbol]
    mark = floor.prices(holding.symbol).mark
    figures = position_figures(position, holding, account, market.instrument, mark)
    return Exposed(account, holding, position, figures)


def _announce(floor: Floor, order: Order, quantity: Decimal, price: Decimal) -> None:
    floor.tape.trades.append(
        Liquidated(
            account=order.account,
            symbol=order.symbol,
            side=Side.BUY if order.side is Side.SELL else Side.SELL,
            quantity=quantity,
            bankruptcy_price=price,
            at=floor.at,
            seq=order.created_seq,
        )
    )


def _venue_order(
    floor: Floor, exposed: Exposed, create_type: CreateType, quantity: Decimal
) -> Order:
    number = floor.next_order_number()
    return Order(
        account=exposed.account.name,
        symbol=exposed.holding.symbol,
        number=number,
        order_id=identity(0xB, number),
        side=exposed.position.closing_side,
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        position_idx=exposed.position.position_idx,
        price=ZERO,
        quantity=quantity,
        created_at=floor.at,
        updated_at=floor.at,
        created_seq=floor.next_seq(),
        create_type=create_type,
        reduce_only=True,
        closing=True,
        last_price_on_created=floor.prices(exposed.holding.symbol).last,
    )
