"""Whether an account can carry an order: margin, risk tier, and the price it is held to."""

from decimal import Decimal

from botrunner.venue.account import Account, Holding
from botrunner.venue.band import price_band
from botrunner.venue.floor import Floor
from botrunner.venue.market import Market
from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.valuation import Extra, available_margin, order_margin, totals_of
from botrunner.venue.vocabulary import OrderType, Side


def band_limit(floor: Floor, market: Market, side: Side) -> Decimal:
    """The worst price that an order of this side may work at now."""
    band = price_band(market, floor.prices(market.instrument.symbol), floor.settings, floor.at)
    return band.highest_buy if side is Side.BUY else band.lowest_sell


def held_to_band(
    floor: Floor, account: Account, market: Market, side: Side, price: Decimal
) -> Decimal | Refusal:
    """The limit price that an order gets, or why it cannot have any."""
    limit = band_limit(floor, market, side)
    beyond = price > limit if side is Side.BUY else price < limit
    if not beyond:
        return price
    if account.adjust_to_band:
        return limit
    above = side is Side.BUY
    reason = RefusalReason.PRICE_ABOVE_BAND if above else RefusalReason.PRICE_BELOW_BAND
    return Refusal(reason=reason, value=price, limit=limit, field="price")


def refuse_exposure(
    floor: Floor, order: Order, *, quantity: Decimal, booked_value: Decimal = ZERO
) -> Refusal | None:
    """Whether the order may work with this quantity at its price.

    ``booked_value`` is what the open orders' margin counts of it already; its quantity is
    ``order.booked_quantity``.
    """
    if order.closing:
        return None
    account = floor.accounts[order.account]
    holding = account.holdings[order.symbol]
    value = quantity * _costing_price(floor, order)
    refusal = _refuse_tier(floor, holding, order, value - booked_value)
    if refusal is not None:
        return refusal
    totals = totals_of(floor, account)
    extra = Extra(order.side, quantity - order.booked_quantity, value - booked_value)
    needed = order_margin(holding, account, extra) - order_margin(holding, account)
    available = available_margin(account, totals)
    if needed > ZERO and needed > available:
        return Refusal(
            reason=RefusalReason.INSUFFICIENT_BALANCE, value=needed, limit=max(ZERO, available)
        )
    return None


def _costing_price(floor: Floor, order: Order) -> Decimal:
    if order.order_type is OrderType.LIMIT:
        return order.price
    return floor.markets[order.symbol].opposite(order.side) or order.price


def _refuse_tier(floor: Floor, holding: Holding, order: Order, more: Decimal) -> Refusal | None:
    contract = floor.markets[order.symbol].instrument
    mark = floor.prices(order.symbol).mark
    held = holding.position(order.position_idx).size * order.sign * mark
    waiting = holding.buy_value if order.side is Side.BUY else holding.sell_value
    value = held + waiting + more
    if value > contract.tiers[-1].limit:
        limit = contract.tiers[-1].limit
        return Refusal(reason=RefusalReason.RISK_LIMIT_EXCEEDED, value=value, limit=limit)
    leverage = holding.leverage(order.side)
    tier = contract.tier_for(value)
    if leverage > tier.max_leverage:
        limit = tier.max_leverage
        return Refusal(reason=RefusalReason.LEVERAGE_ABOVE_TIER, value=leverage, limit=limit)
    return None
