"""Whether a feed's price can be believed, judged by the exchange's own word (MD-8). Pure."""

from decimal import Decimal


def diverges(feed: Decimal, venue: Decimal, max_percent: float) -> bool:
    """Whether the feed's price lies more than ``max_percent`` from the exchange's (positive)."""
    return abs(feed - venue) * 100 > venue * Decimal(str(max_percent))
