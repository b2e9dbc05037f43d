"""Public market data: instruments, tickers, candles, books, trades, funding, limits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.domain.instrument import Instrument, RiskTier
from botrunner.simulator.bybit.candle import Bar
from botrunner.simulator.bybit.wire import (
    Json,
    Row,
    milliseconds,
    milliseconds_text,
    money,
    stepped,
    text,
)
from botrunner.simulator.bybit.words import CATEGORY
from botrunner.venue.events import PublicTrade
from botrunner.venue.views import BookView, PriceBand

FUNDING_CAP = Decimal("0.00375")
"""Largest funding rate of an interval, either way, as a fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerView:
    """What a ticker says of one symbol; volumes in base coins, turnover in quote coins."""

    last: Decimal
    mark: Decimal
    index: Decimal
    bid: tuple[Decimal, Decimal] | None
    """Price and size; None when nobody bids."""
    ask: tuple[Decimal, Decimal] | None
    last_24h_ago: Decimal
    last_1h_ago: Decimal
    high_24h: Decimal
    low_24h: Decimal
    volume_24h: Decimal
    turnover_24h: Decimal
    open_interest: Decimal
    funding_rate: Decimal
    next_funding_at: datetime
    rising: bool
    """Whether the last change of the price was a rise."""


def instrument_row(instrument: Instrument, number: int, launched_at: datetime) -> Row:
    """A row of ``/v5/market/instruments-info``; ``number`` is its running number."""
    largest = text(instrument.max_quantity)
    return {
        "symbol": instrument.symbol,
        "symbolId": number,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": instrument.base_coin,
        "quoteCoin": instrument.quote_coin,
        "settleCoin": instrument.quote_coin,
        "symbolType": "",
        "launchTime": milliseconds_text(launched_at),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(_places(instrument.tick_size)),
        "leverageFilter": {
            "minLeverage": text(instrument.min_leverage),
            "maxLeverage": stepped(instrument.max_leverage, Decimal("0.01")),
            "leverageStep": text(instrument.leverage_step),
        },
        "priceFilter": {
            "minPrice": stepped(instrument.min_price, instrument.tick_size),
            "maxPrice": stepped(instrument.max_price, instrument.tick_size),
            "tickSize": str(instrument.tick_size),
        },
        "lotSizeFilter": {
            "maxOrderQty": largest,
            "maxMktOrderQty": text(instrument.max_market_quantity),
            "minOrderQty": text(instrument.min_quantity),
            "qtyStep": text(instrument.quantity_step),
            "postOnlyMaxOrderQty": largest,
            "minNotionalValue": text(instrument.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": instrument.funding_interval_minutes,
        "upperFundingRate": text(FUNDING_CAP),
        "lowerFundingRate": text(-FUNDING_CAP),
        "copyTrading": "none",
        "displayName": "",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {
            "priceLimitRatioX": text(instrument.price_limit_ratio_x),
            "priceLimitRatioY": text(instrument.price_limit_ratio_y),
        },
    }


def ticker_push(instrument: Instrument, ticker: TickerView) -> Row:
    """All fields of the ``tickers`` stream."""
    row = _ticker(instrument, ticker)
    return {"tickDirection": "PlusTick" if ticker.rising else "MinusTick"} | row


def ticker_row(instrument: Instrument, ticker: TickerView) -> Row:
    """A row of ``/v5/market/tickers``: the stream's fields and those of dated contracts, empty."""
    return _ticker(instrument, ticker) | {
        "singleOpenInterest": text(ticker.open_interest),
        "singleOpenInterestValue": money(ticker.open_interest * ticker.mark),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "basis": "",
        "basisRateYear": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
    }


def _ticker(instrument: Instrument, ticker: TickerView) -> Row:
    tick, step = instrument.tick_size, instrument.quantity_step
    change = ticker.last / ticker.last_24h_ago - 1
    bid, ask = ticker.bid, ticker.ask
    return {
        "symbol": instrument.symbol,
        "lastPrice": stepped(ticker.last, tick),
        "indexPrice": stepped(ticker.index, tick),
        "markPrice": stepped(ticker.mark, tick),
        "prevPrice24h": stepped(ticker.last_24h_ago, tick),
        "price24hPcnt": text(change.quantize(Decimal("0.000001"))),
        "highPrice24h": stepped(ticker.high_24h, tick),
        "lowPrice24h": stepped(ticker.low_24h, tick),
        "prevPrice1h": stepped(ticker.last_1h_ago, tick),
        "openInterest": text(ticker.open_interest),
        "openInterestValue": money(ticker.open_interest * ticker.mark),
        "turnover24h": money(ticker.turnover_24h),
        "volume24h": text(ticker.volume_24h),
        "fundingRate": text(ticker.funding_rate),
        "nextFundingTime": milliseconds_text(ticker.next_funding_at),
        "fundingIntervalHour": text(Decimal(instrument.funding_interval_minutes) / 60),
        "fundingCap": text(FUNDING_CAP),
        "bid1Price": stepped(bid[0], tick) if bid else "",
        "bid1Size": stepped(bid[1], step) if bid else "",
        "ask1Price": stepped(ask[0], tick) if ask else "",
        "ask1Size": stepped(ask[1], step) if ask else "",
    }


def kline_row(bar: Bar, instrument: Instrument) -> list[Json]:
    """A candle over REST: seven strings."""
    return [*price_kline_row(bar, instrument), text(bar.volume), money(bar.turnover)]


def price_kline_row(bar: Bar, instrument: Instrument) -> list[Json]:
    """A candle of the mark or index price over REST: five strings."""
    prices = (bar.open, bar.high, bar.low, bar.close)
    return [str(bar.start_ms), *(stepped(price, instrument.tick_size) for price in prices)]


def kline_push(bar: Bar, interval: str, end_ms: int, instrument: Instrument, now_ms: int) -> Row:
    """An entry of a ``kline`` stream; ``confirm`` once the interval has passed."""
    tick = instrument.tick_size
    return {
        "start": bar.start_ms,
        "end": end_ms,
        "interval": interval,
        "open": stepped(bar.open, tick),
        "close": stepped(bar.close, tick),
        "high": stepped(bar.high, tick),
        "low": stepped(bar.low, tick),
        "volume": text(bar.volume),
        "turnover": money(bar.turnover),
        "confirm": now_ms > end_ms,
        "timestamp": now_ms,
    }


def levels(
    side: Iterable[tuple[Decimal, Decimal]], instrument: Instrument
) -> tuple[tuple[str, str], ...]:
    """Levels of a book as pairs of strings, in the order given."""
    tick, step = instrument.tick_size, instrument.quantity_step
    return tuple((stepped(price, tick), stepped(quantity, step)) for price, quantity in side)


def book_result(book: BookView, instrument: Instrument, depth: int, now_ms: int) -> Row:
    """The result of ``/v5/market/orderbook``: bids falling, asks rising."""
    return {
        "s": book.symbol,
        "b": [list(level) for level in levels(book.bids[:depth], instrument)],
        "a": [list(level) for level in levels(book.asks[:depth], instrument)],
        "ts": now_ms,
        "u": book.update_id,
        "seq": book.update_id,
        "cts": milliseconds(book.at),
    }


def trade_row(trade: PublicTrade, instrument: Instrument) -> Row:
    """A row of ``/v5/market/recent-trade``."""
    return {
        "execId": trade.trade_id,
        "symbol": trade.symbol,
        "price": stepped(trade.price, instrument.tick_size),
        "size": stepped(trade.quantity, instrument.quantity_step),
        "side": str(trade.taker_side),
        "time": milliseconds_text(trade.at),
        "isBlockTrade": False,
        "isRPITrade": False,
        "seq": str(trade.seq),
    }


def trade_push(trade: PublicTrade, instrument: Instrument, rising: bool) -> Row:
    """An entry of the ``publicTrade`` stream; ``S`` is the taker's side."""
    return {
        "T": milliseconds(trade.at),
        "s": trade.symbol,
        "S": str(trade.taker_side),
        "v": stepped(trade.quantity, instrument.quantity_step),
        "p": stepped(trade.price, instrument.tick_size),
        "L": "PlusTick" if rising else "MinusTick",
        "i": trade.trade_id,
        "BT": False,
        "RPI": False,
        "seq": trade.seq,
    }


def funding_row(symbol: str, rate: Decimal, at: datetime) -> Row:
    """A row of ``/v5/market/funding/history``."""
    return {
        "symbol": symbol,
        "fundingRate": text(rate),
        "fundingRateTimestamp": milliseconds_text(at),
    }


def risk_limit_row(symbol: str, tier: RiskTier, number: int) -> Row:
    """A row of ``/v5/market/risk-limit``; ``number`` is 1 for the lowest tier."""
    return {
        "id": number,
        "symbol": symbol,
        "riskLimitValue": text(tier.limit),
        "maintenanceMargin": text(tier.maintenance_margin_rate),
        "initialMargin": text(tier.initial_margin_rate),
        "isLowestRisk": 1 if number == 1 else 0,
        "maxLeverage": stepped(tier.max_leverage, Decimal("0.01")),
        "mmDeduction": text(tier.deduction),
    }


def price_limit_result(instrument: Instrument, band: PriceBand, now_ms: int) -> Row:
    """The result of ``/v5/market/price-limit``."""
    return {
        "symbol": instrument.symbol,
        "buyLmt": stepped(band.highest_buy, instrument.tick_size),
        "sellLmt": stepped(band.lowest_sell, instrument.tick_size),
        "ts": str(now_ms),
    }


def listed(rows: Iterable[Row], cursor: str = "") -> Row:
    """A list of this category, with the cursor of the next page."""
    return {"category": CATEGORY, "list": list(rows), "nextPageCursor": cursor}


def _places(step: Decimal) -> int:
    exponent = step.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
