"""The contracts a simulator has when nobody names others.

Steps and limits are those of the venue's ``instruments-info`` for the same names, rounded where
the venue changes them often (largest quantities, risk tiers); a client reads them, never assumes
them.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from botrunner.domain.instrument import Instrument, RiskTier


def risk_tiers(rows: Iterable[tuple[str, str, str]]) -> tuple[RiskTier, ...]:
    """Tiers from rows of limit (USDT), initial and maintenance margin rate (fractions).

    The deduction follows from the rows: it makes the maintenance margin continuous where one
    tier ends and the next begins.
    """
    tiers: list[RiskTier] = []
    for limit, initial, maintenance in rows:
        rate = Decimal(maintenance)
        deduction = Decimal(0)
        if tiers:
            last = tiers[-1]
            deduction = last.deduction + last.limit * (rate - last.maintenance_margin_rate)
        tiers.append(
            RiskTier(
                limit=Decimal(limit),
                initial_margin_rate=Decimal(initial),
                maintenance_margin_rate=rate,
                max_leverage=(1 / Decimal(initial)).quantize(Decimal("0.01")),
                deduction=deduction,
            )
        )
    return tuple(tiers)


def _contract(
    base: str,
    tick: str,
    step: str,
    largest: tuple[str, str],
    max_price: str,
    tiers: tuple[RiskTier, ...],
) -> Instrument:
    return Instrument(
        symbol=f"{base}USDT",
        base_coin=base,
        quote_coin="USDT",
        tick_size=Decimal(tick),
        quantity_step=Decimal(step),
        min_quantity=Decimal(step),
        max_quantity=Decimal(largest[0]),
        max_market_quantity=Decimal(largest[1]),
        min_notional=Decimal(5),
        min_price=Decimal(tick),
        max_price=Decimal(max_price),
        min_leverage=Decimal(1),
        max_leverage=tiers[0].max_leverage,
        leverage_step=Decimal("0.01"),
        funding_interval_minutes=480,
        price_limit_ratio_x=Decimal("0.01"),
        price_limit_ratio_y=Decimal("0.02"),
        tiers=tiers,
    )


_MAJOR = risk_tiers(
    (
        ("2000000", "0.01", "0.005"),
        ("2600000", "0.0111", "0.0056"),
        ("3200000", "0.0118", "0.0059"),
        ("10000000", "0.02", "0.01"),
        ("50000000", "0.05", "0.025"),
        ("200000000", "0.2", "0.1"),
    )
)
_MINOR = risk_tiers(
    (
        ("200000", "0.0133333333", "0.0066666667"),
        ("1000000", "0.02", "0.01"),
        ("5000000", "0.04", "0.02"),
        ("20000000", "0.1", "0.05"),
        ("100000000", "0.25", "0.125"),
    )
)

DEFAULT_INSTRUMENTS: Mapping[str, Instrument] = {
    instrument.symbol: instrument
    for instrument in (
        _contract("BTC", "0.10", "0.001", ("1190", "500"), "1999999.80", _MAJOR),
        _contract("ETH", "0.01", "0.01", ("7240", "1500"), "199999.98", _MAJOR),
        _contract("DOGE", "0.00001", "1", ("19000000", "5000000"), "9.99998", _MINOR),
        _contract("XRP", "0.0001", "0.1", ("2300000", "600000"), "99.9998", _MINOR),
        _contract("SOL", "0.010", "0.1", ("79770", "12000"), "19999.980", _MAJOR),
    )
}
"""Contracts by symbol."""
