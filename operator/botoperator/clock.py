"""The operator's one clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, UTC; jumps when the machine's clock is corrected."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads it; others are given it
