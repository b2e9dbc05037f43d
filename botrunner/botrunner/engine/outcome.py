"""What one step of the engine gives: actions to carry out, in order, and a record of the step."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from botrunner.domain.actions import Command
from botrunner.engine.audit import AuditRecord as AuditRecord
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
class Outcome:
    """One step's result. Actions are carried out in this order."""

    actions: tuple[Action, ...]
    audit: AuditRecord
    wake_at: datetime | None
    """When time alone changes something; ``Engine.interest`` says what else would."""
