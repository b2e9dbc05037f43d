"""What the ledger says, and whether a row that pybit saw says the same, field by field.

The ledger is read over the control API, in the venue's own words. Each table below names, for a
field on the wire, where the ledger has it and how the two are compared. Written from the venue's
documents: it shares nothing with the code that makes the rows.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import requests

from support.simulator import RunningSimulator

Record = dict[str, Any]
Check = Callable[[Any, Any], bool]
"""Takes the wire's value and the ledger's."""
Table = Mapping[str, tuple[str, Check]]
"""Where the ledger has each field of the wire (dots lead into a record), and the comparison."""


def ledger_of(simulator: RunningSimulator, account: str) -> Record:
    """The account as the venue keeps it."""
    url = f"{simulator.control_url}/ledger"
    answer = requests.get(url, params={"account": account}, timeout=10)
    assert answer.status_code == 200, answer.text
    ledger: Record = answer.json()
    return ledger


def order_mismatch(simulator: RunningSimulator, account: str, row: Record) -> list[str]:
    """Fields in which an order's row differs from the ledger."""
    ledger = ledger_of(simulator, account)
    (record,) = [
        order
        for order in ledger["openOrders"] + ledger["closedOrders"]
        if order["orderId"] == row["orderId"]
    ]
    return _compare(row, record, ORDER)


def position_mismatch(simulator: RunningSimulator, account: str, row: Record) -> list[str]:
    """Fields in which the row of an open position differs from the ledger."""
    (record,) = [
        position
        for position in ledger_of(simulator, account)["positions"]
        if (position["symbol"], position["positionIdx"]) == (row["symbol"], row["positionIdx"])
    ]
    return _compare(row, record, POSITION)


def wallet_mismatch(simulator: RunningSimulator, account: str, row: Record) -> list[str]:
    """Fields in which the wallet's row, or its coin's, differs from the ledger."""
    wallet = ledger_of(simulator, account)["wallet"]
    return _compare(row, wallet, WALLET) + _compare(row["coin"][0], wallet, COIN)


def list_mismatch(
    simulator: RunningSimulator, account: str, kind: str, rows: list[Record]
) -> list[str]:
    """Where a whole list, newest first on the wire, differs from the ledger's of that kind."""
    records = ledger_of(simulator, account)[kind][::-1]
    if len(rows) != len(records):
        return [f"{len(rows)} rows, {len(records)} in the ledger"]
    return [
        f"[{position}].{problem}"
        for position, (row, record) in enumerate(zip(rows, records, strict=True))
        for problem in _compare(row, record, LISTS[kind])
    ]


def _compare(row: Record, record: Record, table: Table) -> list[str]:
    problems = []
    for field, (place, agrees) in table.items():
        there = _look_up(record, place)
        if field not in row:
            problems.append(f"{field}: missing")
        elif not agrees(row[field], there):
            problems.append(f"{field}: {row[field]!r}, in the ledger {there!r}")
    return problems


def _look_up(record: Record, place: str) -> Any:
    found: Any = record
    for name in place.split("."):
        found = found[name]
    return found


def _number(wire: Any, there: Any) -> bool:
    # Money is rounded to eight places on the wire.
    return isinstance(wire, str) and abs(Decimal(wire) - Decimal(there)) <= Decimal("5E-9")


def _size(wire: Any, there: Any) -> bool:
    return isinstance(wire, str) and Decimal(wire) == abs(Decimal(there))


def _number_or_empty(wire: Any, there: Any) -> bool:
    return bool(wire == "") if there is None else _number(wire, there)


def _number_or_zero(wire: Any, there: Any) -> bool:
    return isinstance(wire, str) and Decimal(wire) == Decimal(there or 0)


def _rate(wire: Any, there: Any) -> bool:
    # Four places, cut.
    cut = Decimal(there) - Decimal(wire)
    return isinstance(wire, str) and Decimal(0) <= cut < Decimal("0.0001")


def _text(wire: Any, there: Any) -> bool:
    return type(wire) is str and wire == there


def _exact(wire: Any, there: Any) -> bool:
    return type(wire) is type(there) and wire == there


def _whole(wire: Any, there: Any) -> bool:
    return type(wire) is int and wire == (there or 0)


def _moment(wire: Any, there: Any) -> bool:
    at = datetime.fromisoformat(there)
    return type(wire) is str and int(wire) == int(at.timestamp() * 1000)


def _side_of_size(wire: Any, there: Any) -> bool:
    size = Decimal(there)
    return bool(wire == ("" if size == 0 else "Buy" if size > 0 else "Sell"))


def _word(words: Mapping[Any, str]) -> Check:
    def agrees(wire: Any, there: Any) -> bool:
        return bool(wire == words[there])

    return agrees


ORDER: Table = {
    "orderId": ("orderId", _text),
    "orderLinkId": ("linkId", _text),
    "symbol": ("symbol", _text),
    "side": ("side", _text),
    "orderType": ("orderType", _text),
    "timeInForce": ("timeInForce", _text),
    "positionIdx": ("positionIdx", _whole),
    "price": ("price", _number_or_zero),
    "qty": ("quantity", _number),
    "orderStatus": ("status", _text),
    "leavesQty": ("leavesQuantity", _number),
    "cumExecQty": ("filledQuantity", _number),
    "cumExecValue": ("filledValue", _number),
    "cumExecFee": ("fee", _number),
    "reduceOnly": ("reduceOnly", _exact),
    "closeOnTrigger": ("closeOnTrigger", _exact),
    "stopOrderType": ("stopOrderType", _text),
    "triggerPrice": ("triggerPrice", _number_or_zero),
    "triggerDirection": ("triggerDirection", _whole),
    "takeProfit": ("takeProfit", _number_or_zero),
    "stopLoss": ("stopLoss", _number_or_zero),
    "lastPriceOnCreated": ("lastPriceOnCreated", _number),
    "createdTime": ("createdAt", _moment),
    "updatedTime": ("updatedAt", _moment),
    "createType": (
        "createType",
        _word(
            {
                "User": "CreateByUser",
                "Closing": "CreateByClosing",
                "StopOrder": "CreateByStopOrder",
                "TakeProfit": "CreateByTakeProfit",
                "StopLoss": "CreateByStopLoss",
            }
        ),
    ),
    "cancelType": (
        "cancelType",
        _word(
            {
                "": "UNKNOWN",
                "System": "UNKNOWN",
                "User": "CancelByUser",
                "ReduceOnly": "CancelByReduceOnly",
                "StopsCleared": "CancelByTpSlTsClear",
            }
        ),
    ),
}
EXECUTION: Table = {
    "symbol": ("symbol", _text),
    "orderId": ("orderId", _text),
    "orderLinkId": ("linkId", _text),
    "side": ("side", _text),
    "orderPrice": ("orderPrice", _number),
    "orderQty": ("orderQuantity", _number),
    "leavesQty": ("leavesQuantity", _number),
    "execId": ("executionId", _text),
    "execType": ("executionType", _text),
    "execPrice": ("price", _number),
    "execQty": ("quantity", _number),
    "execValue": ("value", _number),
    "execFee": ("fee", _number),
    "feeRate": ("feeRate", _number),
    "isMaker": ("isMaker", _exact),
    "closedSize": ("closedQuantity", _number),
    "markPrice": ("markPrice", _number),
    "execTime": ("at", _moment),
    "seq": ("seq", _whole),
}
POSITION: Table = {
    "symbol": ("symbol", _text),
    "positionIdx": ("positionIdx", _whole),
    "side": ("size", _side_of_size),
    "size": ("size", _size),
    "avgPrice": ("entryPrice", _number),
    "positionValue": ("entryValue", _number),
    "markPrice": ("markPrice", _number),
    "leverage": ("leverage", _number),
    "positionIM": ("initialMargin", _number),
    "positionMM": ("maintenanceMargin", _number),
    "unrealisedPnl": ("unrealisedPnl", _number),
    "curRealisedPnl": ("realisedPnl", _number),
    "cumRealisedPnl": ("totalRealisedPnl", _number),
    "takeProfit": ("stops.takeProfit", _number_or_zero),
    "stopLoss": ("stops.stopLoss", _number_or_zero),
    "trailingStop": ("stops.trailingDistance", _number_or_zero),
    "breakEvenPrice": ("breakEvenPrice", _number_or_empty),
    "riskId": ("tierNumber", _whole),
    "riskLimitValue": ("tierLimit", _number),
    "createdTime": ("createdAt", _moment),
    "updatedTime": ("updatedAt", _moment),
    "seq": ("seq", _whole),
}
WALLET: Table = {
    "totalEquity": ("totalEquityUsd", _number),
    "totalWalletBalance": ("totalWalletBalanceUsd", _number),
    "totalMarginBalance": ("totalMarginBalanceUsd", _number),
    "totalAvailableBalance": ("totalAvailableUsd", _number_or_empty),
    "totalPerpUPL": ("totalUnrealisedPnlUsd", _number),
    "totalInitialMargin": ("totalInitialMarginUsd", _number_or_empty),
    "totalMaintenanceMargin": ("totalMaintenanceMarginUsd", _number_or_empty),
    "accountIMRate": ("initialMarginRate", _rate),
    "accountMMRate": ("maintenanceMarginRate", _rate),
}
COIN: Table = {
    "coin": ("coin", _text),
    "equity": ("equity", _number),
    "walletBalance": ("walletBalance", _number),
    "totalOrderIM": ("orderInitialMargin", _number),
    "totalPositionIM": ("positionInitialMargin", _number),
    "totalPositionMM": ("positionMaintenanceMargin", _number),
    "unrealisedPnl": ("unrealisedPnl", _number),
    "cumRealisedPnl": ("realisedPnl", _number),
}
TRANSACTION: Table = {
    "id": ("transactionId", _text),
    "symbol": ("symbol", _text),
    "type": (
        "transactionType",
        _word({"TransferIn": "TRANSFER_IN", "Trade": "TRADE", "Funding": "SETTLEMENT"}),
    ),
    "qty": ("quantity", _number),
    "size": ("positionSize", _number),
    "tradePrice": ("price", _number),
    "fee": ("fee", _number),
    "cashFlow": ("cashFlow", _number),
    "change": ("change", _number),
    "cashBalance": ("balance", _number),
    "feeRate": ("feeRate", _number),
    "orderId": ("orderId", _text),
    "transactionTime": ("at", _moment),
}
CLOSED_PNL: Table = {
    "symbol": ("symbol", _text),
    "orderId": ("orderId", _text),
    "side": ("side", _text),
    "orderType": ("orderType", _text),
    "qty": ("orderQuantity", _number),
    "closedSize": ("closedQuantity", _number),
    "avgEntryPrice": ("entryPrice", _number),
    "avgExitPrice": ("exitPrice", _number),
    "cumEntryValue": ("entryValue", _number),
    "cumExitValue": ("exitValue", _number),
    "openFee": ("openFee", _number),
    "closeFee": ("closeFee", _number),
    "closedPnl": ("closedPnl", _number),
    "leverage": ("leverage", _number),
}
LISTS: Mapping[str, Table] = {
    "openOrders": ORDER,
    "closedOrders": ORDER,
    "executions": EXECUTION,
    "transactions": TRANSACTION,
    "closedPnl": CLOSED_PNL,
}
