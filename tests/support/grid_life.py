"""The life of the specification's example, step by step: prices, and what the venue shows then.

Multiplier 2, step 1 %, leverage 75, margin 1, tick 0.0001, quantity step 1, fee 0.02 %.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """After a price: what is held and what rests, as ``RunnerDesk.picture`` shows it."""

    price: str
    shows: Mapping[str, object]


LIFE = (
    Moment(
        price="1.00",
        shows={
            "held": {"long": "75", "short": "75"},
            "long": [(1, "150", "0.99")],
            "short": [(1, "150", "1.01")],
        },
    ),
    Moment(
        price="0.99",
        shows={
            "held": {"long": "225", "short": "75"},
            "long": [(2, "300", "0.9801")],
            "short": [(1, "150", "1.01"), (2, "300", "1.0201")],
            "shortExit": [("75", "0.9896")],
        },
    ),
    Moment(
        price="0.9896",
        shows={
            "held": {"long": "225", "short": "75"},
            "long": [(2, "300", "0.9801")],
            "short": [(1, "150", "0.9995"), (2, "300", "1.0095")],
        },
    ),
    Moment(
        price="0.9801",
        shows={
            "held": {"long": "525", "short": "75"},
            "long": [(3, "600", "0.9702")],
            "short": [(1, "150", "0.9995"), (2, "300", "1.0095"), (3, "600", "1.0196")],
            "longExit": [("525", "0.9961")],
        },
    ),
    Moment(
        price="0.9961",
        shows={
            "held": {"long": "75", "short": "75"},
            "long": [(1, "150", "0.9861")],
            "short": [(1, "150", "0.9995")],
        },
    ),
)
"""GR-23 from its start to the reopening of the long side."""
