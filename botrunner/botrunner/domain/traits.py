"""What a venue can do and another cannot, as far as the engine acts differently."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTraits:
    """Capabilities of one venue's orders; by default those of Bybit V5."""

    amends: bool = True
    """A resting order can be given other terms. Without it, it is cancelled and placed anew."""
    two_exits: bool = True
    """A second reduce-only order is taken while one rests for the whole position already."""
