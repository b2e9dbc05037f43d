"""Which shared feeds an account uses (KU-12)."""

from dataclasses import dataclass

from botapi.faults import InvalidObjectError
from botapi.feeds import FUTURES, feed_name, uses_feeds
from botapi.model import Json
from botapi.parse import parse
from botapi.v1alpha1.account import TradingAccount
from botoperator.resources.stateful_set import is_supported
from botoperator.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FeedIdentity:
    """What one feed follows: what all its users have in common."""

    exchange: str
    environment: str
    market: str
    symbol: str

    @property
    def name(self) -> str:
        """Name of the MarketDataFeed and of its children, in the operator's namespace."""
        return feed_name(self.exchange, self.environment, self.market, self.symbol)


def feeds_of(account: Json, settings: Settings) -> frozenset[FeedIdentity]:
    """The feeds that a raw TradingAccount uses while it exists; none where it uses none.

    Never raises. One whose specification cannot be read, or that no runner is made for, uses none:
    what its runner may still have is kept for the time of grace.
    """
    if settings.feeds is None:
        return frozenset()
    try:
        spec = parse(TradingAccount, account).spec
    except InvalidObjectError:
        return frozenset()
    if not uses_feeds(spec) or not is_supported(spec, settings):
        return frozenset()
    return frozenset(
        FeedIdentity(
            exchange=spec.exchange.value,
            environment=spec.environment.value,
            market=FUTURES,
            symbol=strategy.symbol,
        )
        for strategy in spec.strategies
    )
