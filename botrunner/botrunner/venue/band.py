"""The price band of a linear contract, by Bybit's formula of May 2026."""

from datetime import datetime

from botrunner.venue.market import Market, Prices
from botrunner.venue.money import ZERO
from botrunner.venue.settings import VenueSettings
from botrunner.venue.views import PriceBand


def price_band(market: Market, prices: Prices, settings: VenueSettings, at: datetime) -> PriceBand:
    """Highest buy and lowest sell, on the tick, inwards."""
    contract, mark, index = market.instrument, prices.mark, prices.index
    near, far = contract.price_limit_ratio_x, contract.price_limit_ratio_y
    premium = settings.band_alpha * market.premium.average(at)
    highest = min(mark * (1 + far), max(index, mark * (1 + near) + max(ZERO, premium)))
    lowest = max(mark * (1 - far), min(index, mark * (1 - near) + min(ZERO, premium)))
    return PriceBand(
        highest_buy=contract.floor_price(highest), lowest_sell=contract.ceil_price(lowest)
    )
