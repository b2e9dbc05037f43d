"""Whether a feed's price can be believed, judged by the exchange's own word (MD-8). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

AGAIN_SECONDS = 2.0
"""A price that differs is compared once more so much later, before it counts as wrong."""
_FORGOTTEN_SECONDS = 10.0
"""A suspicion that nothing was compared with for so long begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What both say of one symbol's mark price."""

    feed: Decimal
    venue: Decimal
    """Positive."""

    def differs(self, max_percent: Decimal) -> bool:
        """Whether the feed's lies more than so much from the exchange's."""
        return abs(self.feed - self.venue) * 100 > self.venue * max_percent


class Suspicion:
    """Which symbols' feeds differed, and when first; times are monotonic seconds."""

    def __init__(self, max_percent: Decimal) -> None:
        self.max_percent = max_percent
        """May be replaced at any time."""
        self._since: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._since)

    def compare(self, now: float, pairs: Mapping[str, Pair]) -> frozenset[str]:
        """The symbols whose feed was wrong twice running, the two comparisons far enough apart."""
        self._since = {
            symbol: since
            for symbol, since in self._since.items()
            if now - since < _FORGOTTEN_SECONDS and symbol not in _agreeing(pairs, self.max_percent)
        }
        wrong = set()
        for symbol, pair in pairs.items():
            if pair.differs(self.max_percent):
                since = self._since.setdefault(symbol, now)
                if now - since >= AGAIN_SECONDS:
                    wrong.add(symbol)
                    del self._since[symbol]
        return frozenset(wrong)


def _agreeing(pairs: Mapping[str, Pair], max_percent: Decimal) -> set[str]:
    return {symbol for symbol, pair in pairs.items() if not pair.differs(max_percent)}
