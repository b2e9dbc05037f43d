"""What may be sent, and when to stop: the account's limits."""

from decimal import Decimal
from typing import Annotated

from botapi.limits import above, at_least, within
from botapi.model import Model
from botapi.quantity import Number, Whole
from botapi.rules import live


class MaxNotional(Model):
    """The largest notional values. Zero is refused: elsewhere it often means no limit."""

    per_symbol: Annotated[
        Number | None,
        above(0),
        live("Largest notional of one symbol, USDT, greater than 0; unset = no limit."),
    ] = None
    per_account: Annotated[
        Number | None,
        above(0),
        live("Largest notional of all symbols together, USDT, greater than 0; unset = no limit."),
    ] = None


class RiskSettings(Model):
    """The account's limits; what is unset does not limit."""

    maintenance_margin_rate_threshold: Annotated[
        Number,
        above(0, up_to=100),
        live(
            "Maintenance margin rate at which the emergency stop engages, percent, greater than 0 "
            "up to 100. At 100 percent the exchange liquidates."
        ),
    ] = Decimal(90)
    balance_buffer_percent: Annotated[
        Number,
        within(0, 100),
        live("Share of the margin balance that is never spent, percent, 0 to 100."),
    ] = Decimal(15)
    wallet_poll_seconds: Annotated[
        Whole,
        within(1, 60),
        live("Seconds between two reads of the wallet, at most, 1 to 60."),
    ] = 5
    max_price_age_seconds: Annotated[
        Whole,
        within(1, 300),
        live("Age of a price, in seconds, above which nothing adds exposure on it, 1 to 300."),
    ] = 5
    max_consecutive_errors: Annotated[
        Whole,
        within(1, 100),
        live(
            "Writes in a row that the exchange refuses for another reason than money, rate or "
            "clock, after which the emergency stop engages, 1 to 100."
        ),
    ] = 5
    invariant_grace_seconds: Annotated[
        Whole,
        within(5, 600),
        live(
            "Seconds that a broken invariant may last before the emergency stop engages, 5 to 600."
        ),
    ] = 30
    max_open_positions: Annotated[
        Whole,
        at_least(1),
        live(
            "Largest number of open positions, at least 1; each side of a hedge counts as one, so "
            "40 are 20 hedged symbols."
        ),
    ] = 40
    max_notional: Annotated[
        MaxNotional,
        live("Limits of notional value, USDT; a limit that is unset does not hold."),
    ] = MaxNotional()
    max_leverage: Annotated[
        Number | None,
        at_least(1),
        live(
            "Largest leverage a strategy of this account may ask for, a factor of at least 1; a "
            "strategy above it is refused when applied; unset = no limit."
        ),
    ] = None
    min_notional: Annotated[
        Number | None,
        above(0),
        live(
            "Least notional of an order, USDT, greater than 0; unset = the exchange's own minimum."
        ),
    ] = None
