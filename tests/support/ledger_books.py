"""The venue's ledger as it comes over the control API, in the words of ``day_rules``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from botrunner.domain.events import OrderFilled
from botrunner.domain.instrument import Instrument
from botrunner.domain.side import Side

_SIDES = {1: Side.LONG, 2: Side.SHORT}


@dataclass(frozen=True, slots=True)
class OpenRow:
    """An open order of the ledger."""

    symbol: str
    link_id: str
    leaves_quantity: Decimal
    price: Decimal


class LedgerBooks:
    """Holds one reading of the ledger at a time: ``read`` takes the next."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self.instruments = instruments
        self.fills: list[OrderFilled] = []
        self._open: list[OpenRow] = []

    def read(self, ledger: Mapping[str, Any]) -> None:
        rows = [row for row in ledger["executions"] if row["executionType"] == "Trade"]
        self.fills.extend(_fill(row) for row in rows[len(self.fills) :])
        self._open = [
            OpenRow(
                row["symbol"],
                str(row["linkId"]),
                Decimal(row["leavesQuantity"]),
                Decimal(row["price"]),
            )
            for row in ledger["openOrders"]
        ]

    def open_orders(self, symbol: str) -> list[OpenRow]:
        return [row for row in self._open if row.symbol == symbol]


def _fill(row: Mapping[str, Any]) -> OrderFilled:
    side = _SIDES[row["positionIdx"]]
    return OrderFilled(
        order_id=row["linkId"],
        execution_id=row["executionId"],
        symbol=row["symbol"],
        side=side,
        reduces=(row["side"] == "Buy") is not (side is Side.LONG),
        quantity=Decimal(row["quantity"]),
        price=Decimal(row["price"]),
        fee=Decimal(row["fee"]),
        at=datetime.fromisoformat(row["at"]),
    )
