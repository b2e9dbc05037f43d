"""Puts shared feeds before an account's adapter."""

from dataclasses import dataclass
from pathlib import Path

from botapi.feeds import FUTURES, feed_address
from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.exchanges.port import Listeners, MakeAdapter
from botrunner.marketdata.feed_exchange import FeedExchange
from botrunner.marketdata.meters import ClientMeters
from botrunner.marketdata.subscription import FeedAccess
from botrunner.service.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlace:
    """Where the feeds are, and what opens them."""

    namespace: str
    """The operator's."""
    token_file: Path


class FeedMaker:
    """One account's. Its adapters are made anew for each life, with the same feeds before them."""

    def __init__(self, place: FeedPlace, account: str, clock: Clock, meters: ClientMeters) -> None:
        self._place, self._clock = place, clock
        self._account, self._meters = account, meters

    def __call__(
        self, spec: TradingAccountSpec, make: MakeAdapter, listeners: Listeners
    ) -> FeedExchange:
        """What ``make`` gives, its prices through feeds; raises what it raises."""
        return FeedExchange(make, listeners, self._access(spec), self._clock)

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
