"""Makes an account's adapter for every life of one process, always at the same venue."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from botapi.feeds import uses_feeds
from botapi.v1alpha1.account import Mode, TradingAccountSpec
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners, MakeAdapter
from botrunner.runtime.venues import WHOLE_ADDRESS, AddressShare, addresses, make_exchange
from botrunner.service.clock import Clock

if TYPE_CHECKING:
    # A dry run brings the simulator along: imported when there is one.
    from botrunner.runtime.dry_run import DryVenue
    from botrunner.runtime.neighbours import Neighbours

Feeds = Callable[[TradingAccountSpec, MakeAdapter, Listeners], Exchange]


class VenueMaker:
    """One account's. Mode, endpoints and balance are those of the first specification it is given:
    their changes act from the next process on; so does whether it uses feeds.

    ``feeds`` puts shared feeds before an adapter, where there are any. ``share`` is that of an
    account whose prices come through them: who follows the exchange itself has to be back on its
    stream at once. ``simulator`` serves an account that is simulated without
    addresses; ``stack`` ends a dry run's venue with the process. ``neighbours`` are the other
    accounts of this process, where there are any.
    """

    def __init__(
        self,
        simulator: Endpoints | None,
        clock: Clock,
        stack: AsyncExitStack,
        share: AddressShare = WHOLE_ADDRESS,
        neighbours: "Neighbours | None" = None,
        feeds: Feeds | None = None,
    ) -> None:
        self._share, self._neighbours, self._feeds = share, neighbours, feeds
        self._simulator, self._clock, self._stack = simulator, clock, stack
        self._first: TradingAccountSpec | None = None
        self._dry: DryVenue | None = None

    def __call__(
        self, spec: TradingAccountSpec, keys: Credentials, listeners: Listeners
    ) -> Exchange:
        """The adapter of one life. Raises VenueError."""
        first = self._first or spec
        where = addresses(first, self._simulator)
        self._first = first
        if first.mode is Mode.DRY_RUN:
            return self._dry_run(first, spec, where, keys, listeners)
        if self._neighbours is not None:
            return self._neighbours.exchange(where, spec, keys, listeners)
        return self._priced(first, spec, where, keys, listeners)

    def _priced(
        self,
        first: TradingAccountSpec,
        spec: TradingAccountSpec,
        where: Endpoints,
        keys: Credentials | None,
        listeners: Listeners,
    ) -> Exchange:
        """An adapter, its prices through feeds where it uses them; without keys prices only."""
        through = self._feeds if uses_feeds(first) else None
        share = self._share if through is not None else WHOLE_ADDRESS

        def make(heard: Listeners) -> Exchange:
            return make_exchange(where, spec, keys, heard, self._clock, share)

        return make(listeners) if through is None else through(spec, make, listeners)

    def _dry_run(
        self,
        first: TradingAccountSpec,
        spec: TradingAccountSpec,
        where: Endpoints,
        keys: Credentials,
        listeners: Listeners,
    ) -> Exchange:
        from botrunner.runtime.dry_run import DryRunExchange, DryVenue

        if self._dry is None:
            self._dry = DryVenue(first, self._clock)
            self._stack.push_async_callback(self._dry.stop)
        return DryRunExchange(
            self._dry,
            lambda heard: self._priced(first, spec, where, None, heard),
            keys,
            listeners,
            self._clock,
            float(spec.request_timeout_seconds),
        )
