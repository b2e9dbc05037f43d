"""What a subscriber's token opens, and for how long. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

LONGEST_SECONDS = 86_400.0
"""Whatever a token says of itself, a fresh one is asked for once a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The judgement of one token."""

    problem: str = ""
    """Why it opens nothing; empty when it is good. Holds nothing of the token."""
    seconds: float | None = None
    """So long from now on it is good, with what clocks may differ by; None: for ever."""


WELCOME = Admission()
"""Where tokens are not looked at."""
Admit = Callable[[str], Admission]
"""Judges a token."""
