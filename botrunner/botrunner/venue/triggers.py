"""Which triggers a price pulls."""

from botrunner.venue.activation import trigger
from botrunner.venue.floor import Floor
from botrunner.venue.market import Market
from botrunner.venue.order import Order


def fire_due(floor: Floor, market: Market) -> None:
    """Trigger every order whose price has come, nearest first, until none is left."""
    while (order := _next_due(market)) is not None:
        trigger(floor, order)


def _next_due(market: Market) -> Order | None:
    prices = market.prices
    if prices is None:
        return None
    for triggers in market.triggers:
        order = triggers.next_due(prices.of(triggers.kind))
        if order is not None:
            return order
    return None
