"""Public rows to quotes, trades, candles and instruments. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from botrunner.domain.instrument import Instrument, RiskTier
from botrunner.domain.market import FeeRates, Quote
from botrunner.exchanges.bybit import fields
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.errors import MessageError
from botrunner.exchanges.market_data import CandleChanged, TradePrinted

DEFAULT_FEES = FeeRates(maker=Decimal("0.0002"), taker=Decimal("0.00055"))
"""Bybit's lowest tier for linear contracts, for environments that tell no rates (demo)."""
_CANDLE_COLUMNS = 7
_MINUTES = frozenset({"1", "3", "5", "15", "30", "60", "120", "240", "360", "720"})
_LETTERS = frozenset({"D", "W", "M"})
INTERVALS = _MINUTES | _LETTERS


def quote(row: Row, at: datetime) -> Quote:
    """A whole ticker row; its best prices must not cross."""
    found = Quote(
        bid=fields.positive(row, "bid1Price"),
        ask=fields.positive(row, "ask1Price"),
        last=fields.positive(row, "lastPrice"),
        mark=fields.positive(row, "markPrice"),
        at=at,
    )
    if found.bid > found.ask:
        raise MessageError(f"bid1Price: {found.bid} is above the ask of {found.ask}")
    return found


def trades(rows: Iterable[Row]) -> tuple[TradePrinted, ...]:
    """Trades of a stream frame, in its order."""
    return tuple(
        TradePrinted(
            symbol=fields.name(row, "s"),
            trade_id=fields.name(row, "i"),
            price=fields.positive(row, "p"),
            quantity=fields.positive(row, "v"),
            taker_buys=_taker_buys(row),
            at=fields.moment(row, "T"),
        )
        for row in rows
    )


def stream_candles(symbol: str, frame: Row) -> tuple[CandleChanged, ...]:
    """Candles of a stream frame; a closed one says so.

    Their time is the frame's ``ts``, as with tickers and books: a row's own ``timestamp`` is that
    of its last trade, and so as old as the market is quiet.
    """
    at = fields.moment(frame, "ts")
    return tuple(
        _candle(
            symbol=symbol,
            interval=fields.name(row, "interval"),
            start=fields.moment(row, "start"),
            row=row,
            is_closed=fields.boolean(row, "confirm"),
            at=at,
        )
        for row in fields.rows(frame, "data")
    )


def rest_candles(
    symbol: str, interval: str, rows: list[object], now: datetime
) -> tuple[CandleChanged, ...]:
    """Candles of a REST answer given at ``now``, oldest first; the newest is running until its
    span is over.
    """
    found = [_rest_candle(symbol, interval, row, now) for row in rows]
    return tuple(sorted(found, key=lambda candle: candle.start))


def instrument(row: Row, tier_rows: Iterable[Row]) -> Instrument:
    """A contract with its risk tiers, ascending."""
    leverage, price = fields.part(row, "leverageFilter"), fields.part(row, "priceFilter")
    lot = fields.part(row, "lotSizeFilter")
    tiers = sorted((_tier(tier) for tier in tier_rows), key=lambda tier: tier.limit)
    if not tiers:
        raise MessageError("list: the contract has no risk tier")
    x, y = _band_ratios(row)
    return Instrument(
        symbol=fields.name(row, "symbol"),
        base_coin=fields.name(row, "baseCoin"),
        quote_coin=fields.name(row, "quoteCoin"),
        tick_size=fields.positive(price, "tickSize"),
        quantity_step=fields.positive(lot, "qtyStep"),
        min_quantity=fields.positive(lot, "minOrderQty"),
        max_quantity=fields.positive(lot, "maxOrderQty"),
        max_market_quantity=fields.positive(lot, "maxMktOrderQty"),
        min_notional=fields.not_negative(lot, "minNotionalValue"),
        min_price=fields.positive(price, "minPrice"),
        max_price=fields.positive(price, "maxPrice"),
        min_leverage=fields.positive(leverage, "minLeverage"),
        max_leverage=fields.positive(leverage, "maxLeverage"),
        leverage_step=fields.positive(leverage, "leverageStep"),
        funding_interval_minutes=fields.integer(row, "fundingInterval"),
        price_limit_ratio_x=x,
        price_limit_ratio_y=y,
        tiers=tuple(tiers),
    )


def is_trading(row: Row) -> bool:
    """Whether the contract is a linear perpetual that trades."""
    return row.get("status") == "Trading" and row.get("contractType") == "LinearPerpetual"


def fee_rates(row: Row) -> FeeRates:
    """Fractions; a negative maker rate is a rebate."""
    return FeeRates(
        maker=fields.decimal(row, "makerFeeRate"), taker=fields.not_negative(row, "takerFeeRate")
    )


def _candle(
    *, symbol: str, interval: str, start: datetime, row: Row, is_closed: bool, at: datetime
) -> CandleChanged:
    candle = CandleChanged(
        symbol=symbol,
        interval=interval,
        start=start,
        open=fields.positive(row, "open"),
        high=fields.positive(row, "high"),
        low=fields.positive(row, "low"),
        close=fields.positive(row, "close"),
        volume=fields.not_negative(row, "volume"),
        turnover=fields.not_negative(row, "turnover"),
        is_closed=is_closed,
        at=at,
    )
    inside = candle.low <= min(candle.open, candle.close)
    if not inside or candle.high < max(candle.open, candle.close):
        raise MessageError("high: the candle's prices lie outside its extremes")
    return candle


def _rest_candle(symbol: str, interval: str, columns: object, now: datetime) -> CandleChanged:
    if not isinstance(columns, list) or len(columns) != _CANDLE_COLUMNS:
        raise MessageError(f"list: a candle has not {_CANDLE_COLUMNS} columns")
    names = ("start", "open", "high", "low", "close", "volume", "turnover")
    row = dict(zip(names, columns, strict=True))
    start = fields.moment(row, "start")
    is_closed = _end(start, interval) <= now
    return _candle(
        symbol=symbol, interval=interval, start=start, row=row, is_closed=is_closed, at=now
    )


def _end(start: datetime, interval: str) -> datetime:
    match interval:
        case "D":
            return start + timedelta(days=1)
        case "W":
            return start + timedelta(weeks=1)
        case "M":
            return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        case minutes if minutes in _MINUTES:
            return start + timedelta(minutes=int(minutes))
        case _:
            raise MessageError(f"interval: {interval!r} is none of the venue's")


def _tier(row: Row) -> RiskTier:
    return RiskTier(
        limit=fields.positive(row, "riskLimitValue"),
        initial_margin_rate=fields.positive(row, "initialMargin"),
        maintenance_margin_rate=fields.positive(row, "maintenanceMargin"),
        max_leverage=fields.positive(row, "maxLeverage"),
        deduction=fields.decimal_or_zero(row, "mmDeduction"),
    )


def _band_ratios(row: Row) -> tuple[Decimal, Decimal]:
    risk = fields.part(row, "riskParameters")
    return (
        fields.positive(risk, "priceLimitRatioX"),
        fields.positive(risk, "priceLimitRatioY"),
    )


def _taker_buys(row: Row) -> bool:
    side = fields.text(row, "S")
    if side not in ("Buy", "Sell"):
        raise MessageError(f"S: {side!r} is neither Buy nor Sell")
    return side == "Buy"
