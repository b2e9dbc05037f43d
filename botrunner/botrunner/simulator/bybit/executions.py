"""Fills, closed results and money movements as rows."""

from botrunner.domain.instrument import Instrument
from botrunner.simulator.bybit.wire import Row, milliseconds_text, money, stepped, text
from botrunner.simulator.bybit.words import (
    CATEGORY,
    EXECUTION_TYPES,
    TRANSACTION_TYPES,
    create_type_word,
    order_type_word,
    stop_order_type_word,
)
from botrunner.venue.records import ClosedPnl, Execution, Transaction
from botrunner.venue.vocabulary import ExecutionType, TransactionType


def execution_row(execution: Execution, instrument: Instrument) -> Row:
    """A row of ``/v5/execution/list``: neither result nor position index is in it."""
    row = _execution(execution, instrument)
    row["stopOrderType"] = str(execution.stop_order_type)
    row["indexPrice"] = stepped(execution.index_price, instrument.tick_size)
    return row


def execution_push(execution: Execution, instrument: Instrument) -> Row:
    """An entry of the ``execution`` stream; ``execPnl`` is gross of fees."""
    row = _execution(execution, instrument)
    row |= {
        "category": CATEGORY,
        "isLeverage": "0",
        "execPnl": money(execution.pnl),
        "stopOrderType": stop_order_type_word(execution.stop_order_type),
        "indexPrice": "",
    }
    return row


def execution_fast_push(execution: Execution, instrument: Instrument) -> Row | None:
    """An entry of ``execution.fast``; None for what it does not carry (funding)."""
    if execution.execution_type is ExecutionType.FUNDING:
        return None
    return {
        "category": CATEGORY,
        "symbol": execution.symbol,
        "execId": execution.execution_id,
        "execPrice": stepped(execution.price, instrument.tick_size),
        "execQty": stepped(execution.quantity, instrument.quantity_step),
        "orderId": execution.order_id,
        "isMaker": execution.is_maker,
        "orderLinkId": "" if execution.is_maker else execution.link_id,
        "side": str(execution.side),
        "execTime": milliseconds_text(execution.at),
        "seq": execution.seq,
    }


def _execution(execution: Execution, instrument: Instrument) -> Row:
    tick, step = instrument.tick_size, instrument.quantity_step
    return {
        "symbol": execution.symbol,
        "orderId": execution.order_id,
        "orderLinkId": execution.link_id,
        "side": str(execution.side),
        "orderPrice": stepped(execution.order_price, tick),
        "orderQty": stepped(execution.order_quantity, step),
        "leavesQty": stepped(execution.leaves_quantity, step),
        "createType": create_type_word(execution.create_type),
        "orderType": order_type_word(execution.order_type),
        "execFee": money(execution.fee),
        "execId": execution.execution_id,
        "execPrice": stepped(execution.price, tick),
        "execQty": stepped(execution.quantity, step),
        "execType": EXECUTION_TYPES[execution.execution_type],
        "execValue": money(execution.value),
        "execTime": milliseconds_text(execution.at),
        "feeCurrency": instrument.quote_coin,
        "isMaker": execution.is_maker,
        "feeRate": text(execution.fee_rate),
        "tradeIv": "",
        "markIv": "",
        "markPrice": stepped(execution.mark_price, tick),
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": stepped(execution.closed_quantity, step),
        "extraFees": "",
        "seq": execution.seq,
    }


def closed_pnl_row(record: ClosedPnl, instrument: Instrument) -> Row:
    """A row of ``/v5/position/closed-pnl``; ``closedPnl`` is net of both fees, without funding."""
    at = milliseconds_text(record.at)
    return {
        "symbol": record.symbol,
        "orderId": record.order_id,
        "side": str(record.side),
        "qty": stepped(record.order_quantity, instrument.quantity_step),
        "orderPrice": stepped(record.order_price, instrument.tick_size),
        "orderType": str(record.order_type),
        "execType": EXECUTION_TYPES[record.execution_type],
        "closedSize": stepped(record.closed_quantity, instrument.quantity_step),
        "cumEntryValue": money(record.entry_value),
        "avgEntryPrice": money(record.entry_price),
        "cumExitValue": money(record.exit_value),
        "avgExitPrice": money(record.exit_price),
        "closedPnl": money(record.closed_pnl),
        "fillCount": str(record.fill_count),
        "leverage": text(record.leverage),
        "openFee": money(record.open_fee),
        "closeFee": money(record.close_fee),
        "createdTime": at,
        "updatedTime": at,
    }


def transaction_row(transaction: Transaction, coin: str) -> Row:
    """A row of ``/v5/account/transaction-log``; ``funding`` is + received, ``fee`` + paid."""
    transfer = transaction.transaction_type in (
        TransactionType.TRANSFER_IN,
        TransactionType.TRANSFER_OUT,
    )
    return {
        "id": transaction.transaction_id,
        "symbol": transaction.symbol,
        "category": "" if transfer else CATEGORY,
        "side": "None" if transaction.side is None else str(transaction.side),
        "transactionTime": milliseconds_text(transaction.at),
        "type": TRANSACTION_TYPES[transaction.transaction_type],
        "transSubType": "",
        "qty": text(transaction.quantity),
        "size": text(transaction.position_size),
        "currency": coin,
        "tradePrice": text(transaction.price),
        "funding": money(transaction.funding) if transaction.funding else "",
        "fee": money(transaction.fee),
        "cashFlow": money(transaction.cash_flow),
        "change": money(transaction.change),
        "cashBalance": money(transaction.balance),
        "feeRate": text(transaction.fee_rate),
        "bonusChange": "",
        "tradeId": transaction.execution_id,
        "orderId": transaction.order_id,
        "orderLinkId": transaction.link_id,
        "extraFees": "",
    }
