"""Keys that cannot be printed by accident, and the filter for what others print."""

from dataclasses import dataclass, field

from typing_extensions import override

HIDDEN = "[redacted]"
_SHORTEST = 6
"""Shorter than this, a value would be found in ordinary words."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Credentials:
    """An API key and its secret. repr and str show neither."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)

    @override
    def __repr__(self) -> str:
        return f"Credentials({HIDDEN})"

    def redact(self, text: str) -> str:
        """The text with both replaced, for what a venue echoes (a refused signature does)."""
        for value in (self.api_secret, self.api_key):
            if len(value) >= _SHORTEST:
                text = text.replace(value, HIDDEN)
        return text
