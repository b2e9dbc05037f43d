"""Makes an account's adapter for every life of a process, its prices through shared feeds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from botapi.feeds import FUTURES, feed_address, uses_feeds
from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.marketdata.feed_exchange import FeedExchange
from botrunner.marketdata.meters import ClientMeters
from botrunner.marketdata.subscription import FeedAccess
from botrunner.service.clock import Clock

MakeExchange = Callable[[TradingAccountSpec, Credentials, Listeners], Exchange]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlace:
    """Where the feeds are, and what opens them."""

    namespace: str
    """The operator's."""
    token_file: Path


class FeedMaker:
    """One account's. Whether it uses feeds is decided by the first specification it is given, as
    the mode and the addresses are; their changes act from the next process on.
    """

    def __init__(
        self, make: MakeExchange, place: FeedPlace, account: str, clock: Clock, meters: ClientMeters
    ) -> None:
        self._make, self._place, self._clock = make, place, clock
        self._account, self._meters = account, meters
        self._is_used: bool | None = None

    def __call__(
        self, spec: TradingAccountSpec, keys: Credentials, listeners: Listeners
    ) -> Exchange:
        """The adapter of one life; raises what the wrapped maker raises."""
        if self._is_used is None:
            self._is_used = uses_feeds(spec)
        if not self._is_used:
            return self._make(spec, keys, listeners)
        return FeedExchange(
            lambda own: self._make(spec, keys, own), listeners, self._access(spec), self._clock
        )

    def _access(self, spec: TradingAccountSpec) -> FeedAccess:
        exchange, environment = spec.exchange.value, spec.environment.value
        namespace = self._place.namespace
        return FeedAccess(
            exchange=exchange,
            environment=environment,
            market=FUTURES,
            address_of=lambda symbol: feed_address(
                namespace, exchange, environment, FUTURES, symbol
            ),
            token=lambda: self._place.token_file.read_text(encoding="ascii").strip(),
            account=self._account,
            meters=self._meters,
        )
