"""Makes an account's adapter for every life of one process, always at the same venue."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from botapi.feeds import uses_feeds
from botapi.v1alpha1.account import Mode, TradingAccountSpec
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.runtime.venues import WHOLE_ADDRESS, AddressShare, addresses, make_exchange
from botrunner.service.clock import Clock

if TYPE_CHECKING:
    # A dry run brings the simulator along: imported when there is one.
    from botrunner.runtime.dry_run import DryVenue
    from botrunner.runtime.neighbours import Neighbours


class VenueMaker:
    """One account's. Mode, endpoints and balance are those of the first specification it is given:
    their changes act from the next process on.

    ``share`` is that of an account whose prices come through feeds: who follows the exchange itself
    has to be back on its stream at once. ``simulator`` serves an account that is simulated without
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
    ) -> None:
        self._share, self._neighbours = share, neighbours
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
            return self._dry_run(first, where, keys, listeners, spec.request_timeout_seconds)
        if self._neighbours is not None:
            return self._neighbours.exchange(where, spec, keys, listeners)
        share = self._share if uses_feeds(first) else WHOLE_ADDRESS
        return make_exchange(where, spec, keys, listeners, self._clock, share)

    def _dry_run(
        self,
        spec: TradingAccountSpec,
        where: Endpoints,
        keys: Credentials,
        listeners: Listeners,
        timeout_seconds: int,
    ) -> Exchange:
        from botrunner.runtime.dry_run import DryRunExchange, DryVenue

        if self._dry is None:
            self._dry = DryVenue(spec, self._clock)
            self._stack.push_async_callback(self._dry.stop)
        return DryRunExchange(
            self._dry, where, keys, listeners, self._clock, float(timeout_seconds)
        )
