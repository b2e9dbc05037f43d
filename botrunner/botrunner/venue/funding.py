"""Funding: longs pay shorts when the rate is positive; the outside is the other side."""

from decimal import Decimal

from botrunner.venue.account import Account, Holding
from botrunner.venue.commands import SettleFunding
from botrunner.venue.events import Executed
from botrunner.venue.floor import Floor, identity
from botrunner.venue.market import Market, Prices
from botrunner.venue.money import ZERO, round_money
from botrunner.venue.position import Position
from botrunner.venue.records import Execution
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.settlement import record_money
from botrunner.venue.vocabulary import ExecutionType, Side, StopOrderType


def settle_funding(floor: Floor, market: Market, command: SettleFunding) -> Refusal | None:
    """Charge size * mark * rate on every open position of the symbol."""
    if market.prices is None:
        return Refusal(reason=RefusalReason.NO_PRICE, field="symbol")
    for holding in list(market.holders.values()):
        account = floor.accounts[holding.account]
        for position in holding.open_positions():
            _charge(floor, account, holding, position, command.rate)
        floor.to_examine[account.name] = None
    return None


def _charge(
    floor: Floor, account: Account, holding: Holding, position: Position, rate: Decimal
) -> None:
    prices = floor.prices(holding.symbol)
    payment = round_money(position.size * prices.mark * rate)
    account.balance -= payment
    floor.pools.funding += payment
    position.receive(-payment)
    execution = _execution(floor, holding, position, prices, rate, payment)
    account.executions.append(execution)
    floor.tape.flow.append(Executed(execution=execution))
    floor.tape.touch(account, holding.symbol, position, execution.seq)
    record_money(floor, account, execution, position, cash_flow=ZERO)


def _execution(
    floor: Floor,
    holding: Holding,
    position: Position,
    prices: Prices,
    rate: Decimal,
    payment: Decimal,
) -> Execution:
    size = abs(position.size)
    return Execution(
        account=holding.account,
        symbol=holding.symbol,
        execution_id=floor.next_execution_id(),
        execution_type=ExecutionType.FUNDING,
        order_id=identity(0xF, floor.counters.execution),
        link_id="",
        side=Side.SELL if position.size < ZERO else Side.BUY,
        position_idx=position.position_idx,
        order_type=None,
        stop_order_type=StopOrderType.NONE,
        create_type=None,
        order_price=ZERO,
        order_quantity=ZERO,
        leaves_quantity=ZERO,
        price=prices.mark,
        quantity=size,
        value=size * prices.mark,
        fee=payment,
        fee_rate=position.sign * rate,
        is_maker=False,
        closed_quantity=ZERO,
        pnl=ZERO,
        mark_price=prices.mark,
        index_price=prices.index,
        at=floor.at,
        seq=floor.next_seq(),
    )
