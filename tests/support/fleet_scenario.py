"""What the simulator of the end-to-end tests plays: prices that only a test moves.

The contracts are that of the specification's example (GR-23): tick 0.0001, quantity step 1, fee
0.02 % for maker and taker. There are several of them, so that what one test does to its price is
not seen by another.
"""

from typing import Final

XRP: Final = "XRPUSDT"
SYMBOLS: Final = (XRP, "ADAUSDT", "TRXUSDT")
START_PRICE: Final = "1.00"


def _contract(symbol: str) -> str:
    return f"- {{symbol: {symbol}, like: {XRP}, quantityStep: 1, minQuantity: 1}}"


def _prices(symbol: str) -> str:
    waypoint = f"{{atSeconds: 0, last: {START_PRICE}}}"
    return f"- symbol: {symbol}\n  script: {{waypoints: [{waypoint}]}}"


SCENARIO: Final = "\n".join(
    [
        "step: true",
        "initialBalance: 10000",
        "fees: {maker: 0.0002, taker: 0.0002}",
        "instruments:",
        *map(_contract, SYMBOLS),
        "prices:",
        *map(_prices, SYMBOLS),
        "",
    ]
)
"""The text of the scenario file."""
