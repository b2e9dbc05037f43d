"""What one step of the engine gives: actions to carry out, in order, and a record of the step."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.domain.actions import Command
from botrunner.risk.verdict import Approved

Action = Approved | Command
"""What an executor takes. An order action without approval is not of this type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBand:
    """Prices of one symbol, both ends excluded, between which no price wakes the engine."""

    symbol: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What would wake the engine; every event that is neither price nor timer always does.

    A live loop may ignore it; a backtest skips to the next interesting moment.
    """

    wake_at: datetime | None
    """The next moment at which time alone changes something."""
    bands: tuple[PriceBand, ...]
    """Per symbol; an empty band (low equal to high) means that every price is of interest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One step as plain data: strings, numbers and lists of them, ready for JSON lines."""

    sequence: int
    at: datetime
    event: dict[str, object]
    actions: tuple[dict[str, object], ...]
    refusals: tuple[dict[str, object], ...]
    deferred: int
    """Approved orders that wait for the rate budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One step's result. Actions are carried out in this order."""

    actions: tuple[Action, ...]
    audit: AuditRecord
    interest: Interest
