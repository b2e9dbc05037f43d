"""What an account shows at the simulator: what rests and what is held, as tests compare it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from botrunner.domain.ids import OrderIdentity, decode
from botrunner.domain.side import Purpose, Side

Picture = Mapping[str, object]
"""``held`` by side, entries ``long`` and ``short``, take-profits ``longExit`` and ``shortExit``."""


def identity_of(order: Mapping[str, Any]) -> OrderIdentity | None:
    """What an order of the ledger is, by its id."""
    return decode(str(order.get("linkId") or ""))


def text(number: object) -> str:
    """A number without exponent or zeros at the end."""
    return f"{Decimal(str(number)).normalize():f}"


def resting(
    ledger: Mapping[str, Any], side: Side, purpose: Purpose, symbol: str = ""
) -> list[tuple[int, str, str]]:
    """Level, quantity and price of what rests, by level; of every symbol unless one is given."""
    rows = []
    for order in ledger["openOrders"]:
        identity = identity_of(order)
        if identity is not None and symbol in ("", order["symbol"]):
            if (identity.side, identity.purpose) == (side, purpose):
                rows.append((identity.level, text(order["quantity"]), text(order["price"])))
    return sorted(rows)


def held(ledger: Mapping[str, Any], symbol: str = "") -> dict[str, str]:
    """Quantity by side, flat ones left out."""
    return {
        "long" if position["positionIdx"] == 1 else "short": text(abs(Decimal(position["size"])))
        for position in ledger["positions"]
        if symbol in ("", position["symbol"]) and Decimal(position["size"]) != 0
    }


def picture_of(ledger: Mapping[str, Any], symbol: str = "") -> dict[str, object]:
    """Everything that rests and is held."""

    def exits(side: Side) -> list[tuple[str, str]]:
        return [row[1:] for row in resting(ledger, side, Purpose.TAKE_PROFIT, symbol)]

    return {
        "held": held(ledger, symbol),
        "long": resting(ledger, Side.LONG, Purpose.ENTRY, symbol),
        "short": resting(ledger, Side.SHORT, Purpose.ENTRY, symbol),
        "longExit": exits(Side.LONG),
        "shortExit": exits(Side.SHORT),
    }


def settle(
    expected: Picture,
    look: Callable[[], Picture],
    until: Callable[[Callable[[], bool], str], object],
) -> None:
    """Wait by ``until`` till ``look`` shows what is expected; other parts may be as they are.

    Raises AssertionError with the last look when ``until`` gives up.
    """
    last: Picture = {}

    def shows() -> bool:
        nonlocal last
        last = look()
        return all(last[key] == value for key, value in expected.items())

    try:
        until(shows, "the picture")
    except AssertionError as error:
        raise AssertionError(
            f"never became {dict(expected)}; stays at {dict(last)}; {error}"
        ) from None
