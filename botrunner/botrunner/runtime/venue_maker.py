"""Makes an account's adapter for every life of one process, always at the same venue."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from botapi.v1alpha1.account import Mode, TradingAccountSpec
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.runtime.venues import addresses, make_exchange
from botrunner.service.clock import Clock

if TYPE_CHECKING:
    # A dry run brings the simulator along: imported when there is one.
    from botrunner.runtime.dry_run import DryVenue


class VenueMaker:
    """One account's. Mode, endpoints and balance are those of the first specification it is given:
    their changes act from the next process on.

    ``simulator`` serves an account that is simulated without addresses; ``stack`` ends a dry run's
    venue with the process.
    """

    def __init__(self, simulator: Endpoints | None, clock: Clock, stack: AsyncExitStack) -> None:
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
        return make_exchange(where, spec, keys, listeners, self._clock)

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
