"""Positions as rows of the REST list and of the private stream."""

from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.simulator.bybit.wire import (
    Row,
    milliseconds,
    milliseconds_text,
    money,
    money_or_empty,
    stepped,
    text,
)
from botrunner.simulator.bybit.words import CATEGORY, position_side
from botrunner.venue.views import PositionView


def position_row(position: PositionView, instrument: Instrument) -> Row:
    """A row of ``/v5/position/list``, flat ones included."""
    row = _core(position, instrument)
    row |= {
        "avgPrice": money(position.entry_price),
        "trailingStop": _stop(position.stops.trailing_distance, instrument),
        "takeProfit": _stop(position.stops.take_profit, instrument),
        "stopLoss": _stop(position.stops.stop_loss, instrument),
        "breakEvenPrice": money_or_empty(position.break_even_price),
        "openTime": milliseconds(position.opened_at) if position.opened_at else 0,
    }
    return row


def position_push(position: PositionView, instrument: Instrument) -> Row:
    """An entry of the ``position`` stream: ``entryPrice`` where REST says ``avgPrice``."""
    row = _core(position, instrument)
    stops = position.stops
    row |= {
        "category": CATEGORY,
        "entryPrice": money(position.entry_price),
        "trailingStop": text(stops.trailing_distance or _ZERO),
        "takeProfit": _stop(stops.take_profit, instrument) if stops.take_profit else "0",
        "stopLoss": _stop(stops.stop_loss, instrument) if stops.stop_loss else "0",
        "breakEvenPrice": money_or_empty(position.break_even_price),
        "openTime": milliseconds(position.opened_at) if position.opened_at else 0,
    }
    return row


_ZERO = Decimal(0)


def _core(position: PositionView, instrument: Instrument) -> Row:
    size = abs(position.size)
    initial, maintenance = money(position.initial_margin), money(position.maintenance_margin)
    return {
        "positionIdx": int(position.position_idx),
        "riskId": position.tier_number,
        "riskLimitValue": text(position.tier_limit),
        "symbol": position.symbol,
        "side": position_side(position.size),
        "size": stepped(size, instrument.quantity_step) if size else "0",
        "positionValue": money(position.entry_value) if size else "",
        "tradeMode": 0,
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": text(position.leverage),
        "markPrice": stepped(position.mark_price, instrument.tick_size),
        "liqPrice": _liquidation_price(position, instrument),
        "bustPrice": "",
        "positionIM": initial,
        "positionIMByMp": initial,
        "positionMM": maintenance,
        "positionMMByMp": maintenance,
        "positionBalance": "0",
        "tpslMode": "Full",
        "unrealisedPnl": money(position.unrealised_pnl) if size else "",
        "curRealisedPnl": money(position.realised_pnl),
        "cumRealisedPnl": money(position.total_realised_pnl),
        "sessionAvgPrice": "",
        "adlRankIndicator": 2 if size else 0,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
        "createdTime": milliseconds_text(position.created_at),
        "updatedTime": milliseconds_text(position.updated_at),
        "seq": position.seq,
    }


def _liquidation_price(position: PositionView, instrument: Instrument) -> str:
    price = position.liquidation_price
    return "" if price is None else stepped(price, instrument.tick_size)


def _stop(price: Decimal | None, instrument: Instrument) -> str:
    return stepped(price or _ZERO, instrument.tick_size)
