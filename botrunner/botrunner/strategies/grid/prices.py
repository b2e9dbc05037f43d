"""Prices of entries and of the take-profit, rounded as GRID says: entries away, exits too."""

from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.position import Holding
from botrunner.domain.precision import ONE
from botrunner.domain.side import Side


def entry_price(
    side: Side, previous: Decimal, step_ratio: Decimal, instrument: Instrument
) -> Decimal:
    """One step beyond the previous level: a long's entry is rounded down, a short's up."""
    if side is Side.LONG:
        return instrument.floor_price(previous * (ONE - step_ratio))
    return instrument.ceil_price(previous * (ONE + step_ratio))


def take_profit_price(
    side: Side,
    holding: Holding,
    take_profit_ratio: Decimal,
    exit_fee: Decimal,
    instrument: Instrument,
) -> Decimal:
    """The price that nets the ratio of the entry notional after all fees and funding (GR-30).

    Long: (sum(q*p) * (1 + tp) + fees + funding) / (Q * (1 - f)), rounded up; short:
    (sum(q*p) * (1 - tp) - fees - funding) / (Q * (1 + f)), rounded down, at least a tick.
    """
    paid = holding.fees + holding.funding
    if side is Side.LONG:
        gross = holding.notional * (ONE + take_profit_ratio) + paid
        return instrument.ceil_price(gross / (holding.quantity * (ONE - exit_fee)))
    gross = holding.notional * (ONE - take_profit_ratio) - paid
    price = instrument.floor_price(gross / (holding.quantity * (ONE + exit_fee)))
    return max(price, instrument.tick_size)


def placed_exit_price(
    side: Side,
    holding: Holding,
    take_profit_ratio: Decimal,
    fees: FeeRates,
    quote: Quote | None,
    instrument: Instrument,
) -> Decimal:
    """The take-profit's price at placing: with the maker fee, or the taker fee if it crosses."""
    maker, taker = (
        take_profit_price(side, holding, take_profit_ratio, fee, instrument)
        for fee in (fees.maker, fees.taker)
    )
    if quote is not None and quote.exit_crosses(side, maker):
        return taker
    return maker
