"""Which triggers a price pulls."""

from botrunner.venue.activation import trigger
from botrunner.venue.floor import Floor
from botrunner.venue.market import Market
from botrunner.venue.order import Order
from botrunner.venue.vocabulary import PriceKind, TriggerDirection


def fire_due(floor: Floor, market: Market) -> None:
    """Trigger every order whose price has come, nearest first, until none is left."""
    while (order := _next_due(market)) is not None:
        trigger(floor, order)


def _next_due(market: Market) -> Order | None:
    prices = market.prices
    if prices is None:
        return None
    for kind in PriceKind:
        price = prices.of(kind)
        rising = market.triggers[(kind, TriggerDirection.RISE)]
        lowest = rising.lowest()
        if lowest is not None and lowest <= price:
            return rising.first_at(lowest)
        falling = market.triggers[(kind, TriggerDirection.FALL)]
        highest = falling.highest()
        if highest is not None and highest >= price:
            return falling.first_at(highest)
    return None
