"""What a venue says about one contract: its steps, limits and risk tiers."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from botrunner.domain.precision import ONE, settled


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTier:
    """One row of a contract's risk-limit table, valid up to a position value of ``limit``."""

    limit: Decimal
    """Largest position value (quote currency, open orders included) the tier covers."""
    initial_margin_rate: Decimal
    """Least initial margin, as a fraction of the position value."""
    maintenance_margin_rate: Decimal
    """Fraction of the position value; ``deduction`` keeps the margin continuous over tiers."""
    max_leverage: Decimal
    deduction: Decimal
    """Quote currency, subtracted from value * maintenance_margin_rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A linear perpetual contract: quantities in the base coin, money in the quote coin."""

    symbol: str
    base_coin: str
    quote_coin: str
    tick_size: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    """Largest limit order."""
    max_market_quantity: Decimal
    min_notional: Decimal
    """Least order value, quote coin."""
    min_price: Decimal
    max_price: Decimal
    min_leverage: Decimal
    max_leverage: Decimal
    leverage_step: Decimal
    funding_interval_minutes: int
    price_limit_ratio_x: Decimal
    """X of the venue's price band, a fraction (Bybit V5 ``riskParameters.priceLimitRatioX``)."""
    price_limit_ratio_y: Decimal
    tiers: tuple[RiskTier, ...]
    """Ascending by ``limit``; never empty."""

    def floor_quantity(self, quantity: Decimal) -> Decimal:
        """Round down to the quantity step."""
        return _to_multiple(quantity, self.quantity_step, ROUND_FLOOR)

    def ceil_quantity(self, quantity: Decimal) -> Decimal:
        """Round up to the quantity step."""
        return _to_multiple(quantity, self.quantity_step, ROUND_CEILING)

    def floor_price(self, price: Decimal) -> Decimal:
        """Round down to the tick."""
        return _to_multiple(price, self.tick_size, ROUND_FLOOR)

    def ceil_price(self, price: Decimal) -> Decimal:
        """Round up to the tick."""
        return _to_multiple(price, self.tick_size, ROUND_CEILING)

    def highest_buy(self, mark: Decimal) -> Decimal:
        """The highest price of a buy that lies in the venue's band whatever its premium is.

        Bybit, May 2026: the band reaches to mark * (1 + X), further with the premium or the index,
        and never beyond mark * (1 + Y).
        """
        return self.floor_price(mark * (ONE + self._band_ratio))

    def lowest_sell(self, mark: Decimal) -> Decimal:
        """The lowest price of a sell that lies in the venue's band whatever its premium is."""
        return self.ceil_price(mark * (ONE - self._band_ratio))

    @property
    def _band_ratio(self) -> Decimal:
        return min(self.price_limit_ratio_x, self.price_limit_ratio_y)

    def tier_for(self, value: Decimal) -> RiskTier:
        """The tier of a position value; a value beyond the last limit has the last tier."""
        for tier in self.tiers:
            if value <= tier.limit:
                return tier
        return self.tiers[-1]


def _to_multiple(number: Decimal, step: Decimal, rounding: str) -> Decimal:
    return (settled(number) / step).to_integral_value(rounding=rounding) * step
