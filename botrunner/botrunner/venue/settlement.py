"""What a fill does to the order, the position, the wallet and the books of the venue."""

from dataclasses import dataclass
from decimal import Decimal

from botrunner.venue.account import Account, Holding
from botrunner.venue.events import Executed, MoneyMoved, PnlClosed
from botrunner.venue.floor import Floor
from botrunner.venue.market import Market, Prices
from botrunner.venue.money import ZERO, round_money
from botrunner.venue.order import Order
from botrunner.venue.position import Position, Reduction
from botrunner.venue.records import ClosedPnl, Execution, Transaction
from botrunner.venue.vocabulary import ExecutionType, TransactionType

_TRANSACTIONS = {
    ExecutionType.TRADE: TransactionType.TRADE,
    ExecutionType.FUNDING: TransactionType.FUNDING,
    ExecutionType.BUST_TRADE: TransactionType.LIQUIDATION,
    ExecutionType.ADL_TRADE: TransactionType.ADL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """One fill, before it is booked."""

    price: Decimal
    quantity: Decimal
    fee_rate: Decimal
    is_maker: bool
    execution_type: ExecutionType = ExecutionType.TRADE


def settle(floor: Floor, order: Order, deal: Deal, seq: int) -> Reduction | None:
    """Book one fill of an order; the outside is the other side. None if nothing was closed."""
    account = floor.accounts[order.account]
    holding = account.holdings[order.symbol]
    position = holding.position(order.position_idx)
    market = floor.markets[order.symbol]
    value = deal.price * deal.quantity
    fee = round_money(value * deal.fee_rate)
    reduction = position.fill(
        sign=order.sign, price=deal.price, quantity=deal.quantity, fee=fee, at=floor.at
    )
    pnl = reduction.pnl if reduction else ZERO
    account.balance += pnl - fee
    floor.pools.fees += fee
    market.outside_cash += order.sign * value
    market.outside_quantity -= order.sign * deal.quantity
    order.filled_quantity += deal.quantity
    order.filled_value += value
    order.fee += fee
    if reduction:
        order.closed_pnl += reduction.pnl - reduction.open_fee - reduction.close_fee
    _mark_holder(floor, market, holding)
    execution = _execution(floor, order, deal, fee, reduction, seq)
    floor.tape.flow.append(Executed(execution=execution))
    account.executions.append(execution)
    record_money(floor, account, execution, position, cash_flow=pnl)
    floor.to_examine[account.name] = None
    return reduction


def record_money(
    floor: Floor, account: Account, execution: Execution, position: Position, *, cash_flow: Decimal
) -> None:
    """Write the transaction of an execution that the wallet already shows."""
    is_funding = execution.execution_type is ExecutionType.FUNDING
    funding = -execution.fee if is_funding else ZERO
    fee = ZERO if is_funding else execution.fee
    transaction = Transaction(
        account=account.name,
        transaction_id=floor.next_transaction_id(),
        transaction_type=_TRANSACTIONS[execution.execution_type],
        symbol=execution.symbol,
        side=execution.side,
        quantity=execution.quantity,
        position_size=position.size,
        price=execution.price,
        cash_flow=cash_flow,
        funding=funding,
        fee=fee,
        change=cash_flow + funding - fee,
        balance=account.balance,
        fee_rate=execution.fee_rate,
        execution_id=execution.execution_id,
        order_id=execution.order_id,
        link_id=execution.link_id,
        at=floor.at,
        seq=execution.seq,
    )
    account.transactions.append(transaction)
    floor.tape.records.append(MoneyMoved(transaction=transaction))


def move_money(
    floor: Floor, account: Account, kind: TransactionType, amount: Decimal, seq: int
) -> None:
    """Change the wallet without a trade, and write it down; the other side is the caller's."""
    account.balance += amount
    transaction = Transaction(
        account=account.name,
        transaction_id=floor.next_transaction_id(),
        transaction_type=kind,
        symbol="",
        side=None,
        quantity=ZERO,
        position_size=ZERO,
        price=ZERO,
        cash_flow=amount,
        funding=ZERO,
        fee=ZERO,
        change=amount,
        balance=account.balance,
        fee_rate=ZERO,
        execution_id="",
        order_id="",
        link_id="",
        at=floor.at,
        seq=seq,
    )
    account.transactions.append(transaction)
    floor.tape.records.append(MoneyMoved(transaction=transaction))
    floor.tape.touch_wallet(account, seq)


def record_closed(
    floor: Floor,
    order: Order,
    reductions: list[Reduction],
    seq: int,
    execution_type: ExecutionType = ExecutionType.TRADE,
) -> None:
    """Write what one match of an order closed, if it closed anything."""
    if not reductions:
        return
    quantity = sum((r.quantity for r in reductions), ZERO)
    entry_value = sum((r.entry_value for r in reductions), ZERO)
    exit_value = sum((r.exit_value for r in reductions), ZERO)
    open_fee = sum((r.open_fee for r in reductions), ZERO)
    close_fee = sum((r.close_fee for r in reductions), ZERO)
    account = floor.accounts[order.account]
    holding = account.holdings[order.symbol]
    record = ClosedPnl(
        account=account.name,
        symbol=order.symbol,
        order_id=order.order_id,
        link_id=order.link_id,
        side=order.side,
        position_idx=order.position_idx,
        order_type=order.order_type,
        execution_type=execution_type,
        order_price=order.price,
        order_quantity=order.quantity,
        closed_quantity=quantity,
        entry_price=entry_value / quantity,
        exit_price=exit_value / quantity,
        entry_value=entry_value,
        exit_value=exit_value,
        open_fee=open_fee,
        close_fee=close_fee,
        closed_pnl=sum((r.pnl for r in reductions), ZERO) - open_fee - close_fee,
        leverage=holding.sell_leverage if order.sign > 0 else holding.buy_leverage,
        fill_count=len(reductions),
        at=floor.at,
        seq=seq,
    )
    account.closed_pnl.append(record)
    floor.tape.records.append(PnlClosed(record=record))


def _mark_holder(floor: Floor, market: Market, holding: Holding) -> None:
    holding.figures = None
    if holding.open_positions():
        market.holders[holding.account] = holding
    else:
        market.holders.pop(holding.account, None)


def _execution(
    floor: Floor, order: Order, deal: Deal, fee: Decimal, reduction: Reduction | None, seq: int
) -> Execution:
    prices: Prices = floor.prices(order.symbol)
    return Execution(
        account=order.account,
        symbol=order.symbol,
        execution_id=floor.next_execution_id(),
        execution_type=deal.execution_type,
        order_id=order.order_id,
        link_id=order.link_id,
        side=order.side,
        position_idx=order.position_idx,
        order_type=order.order_type,
        stop_order_type=order.stop_order_type,
        create_type=order.create_type,
        order_price=order.price,
        order_quantity=order.quantity,
        leaves_quantity=order.leaves,
        price=deal.price,
        quantity=deal.quantity,
        value=deal.price * deal.quantity,
        fee=fee,
        fee_rate=deal.fee_rate,
        is_maker=deal.is_maker,
        closed_quantity=reduction.quantity if reduction else ZERO,
        pnl=reduction.pnl if reduction else ZERO,
        mark_price=prices.mark,
        index_price=prices.index,
        at=floor.at,
        seq=seq,
    )
