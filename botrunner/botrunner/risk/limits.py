"""What a venue takes as an order at all: quantity, value, price and risk tier (GR-4)."""

from decimal import Decimal

from botrunner.domain.desired import DesiredOrder
from botrunner.domain.instrument import Instrument
from botrunner.domain.precision import ZERO
from botrunner.domain.side import Side
from botrunner.risk.verdict import Reason, Refused


def check_limits(
    order: DesiredOrder,
    instrument: Instrument,
    leverage: Decimal,
    side_value: Decimal,
    min_notional: Decimal | None,
    mark: Decimal | None = None,
) -> Refused | None:
    """Whether the venue takes this entry; ``side_value``: the side's filled and resting.

    ``mark`` tells where the venue's price band is; without it the band is not checked.
    """
    price = order.price or ZERO
    value = order.quantity * price
    beyond = None if mark is None else check_band(order.side, price, instrument, mark)
    if beyond is not None:
        return beyond
    if not (max(instrument.min_price, instrument.tick_size) <= price <= instrument.max_price):
        bounds = f"{instrument.min_price} to {instrument.max_price}"
        return Refused(reason=Reason.PRICE, message=f"price {price} is outside {bounds}")
    if order.quantity > instrument.max_quantity:
        return Refused(
            reason=Reason.MAX_ORDER_QUANTITY,
            message=f"quantity {order.quantity} is above the maximum {instrument.max_quantity}",
        )
    least = max(instrument.min_notional, min_notional or ZERO)
    if value < least:
        return Refused(
            reason=Reason.MIN_NOTIONAL, message=f"value {value} is below the minimum {least}"
        )
    limit = tier_limit(instrument, leverage)
    if side_value + value > limit:
        return Refused(
            reason=Reason.RISK_TIER,
            message=f"value {side_value + value} is above {limit}, the most at {leverage}x",
        )
    return None


def check_band(side: Side, price: Decimal, instrument: Instrument, mark: Decimal) -> Refused | None:
    """Whether an entry's price lies in the venue's band, which follows the mark price.

    Beyond it the venue would move the price, or refuse it. A band is open to the passive side.
    """
    if side is Side.LONG:
        limit, is_beyond = instrument.highest_buy(mark), price > instrument.highest_buy(mark)
    else:
        limit, is_beyond = instrument.lowest_sell(mark), price < instrument.lowest_sell(mark)
    if not is_beyond:
        return None
    text = f"price {price} is beyond {limit}, where the venue's band ends at a mark of {mark}"
    return Refused(reason=Reason.PRICE, message=text)


def tier_limit(instrument: Instrument, leverage: Decimal) -> Decimal:
    """The largest position value that the venue allows at this leverage."""
    allowed = [tier.limit for tier in instrument.tiers if tier.max_leverage >= leverage]
    return max(allowed, default=instrument.tiers[0].limit)
