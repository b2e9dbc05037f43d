"""An engine trading recorded prices at the venue in process, one event after another.

The queue is the runtime in small: an event, its actions, their answers, and timers in between at
the moments that the engine asks for.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import takewhile

from botrunner.domain.control import Event, RunnerStarted, SymbolRead
from botrunner.domain.events import FundingSettled, OrderFilled, TimerFired
from botrunner.domain.instrument import Instrument
from botrunner.domain.parameters import AccountParameters
from botrunner.engine.engine import Engine
from botrunner.engine.limits import RequestLimits
from botrunner.engine.outcome import Outcome
from botrunner.engine.state import Phase
from botrunner.risk.verdict import Approved
from botrunner.runtime.totals import Totals
from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.prices.load import load_recording, recorded_prices
from botrunner.simulator.prices.quote import Spread
from support.venue_door import MIDNIGHT, VenueDoor

DAY = timedelta(hours=24)
FUNDING_RATE = Decimal("0.0001")
_MILLISECOND = timedelta(milliseconds=1)


def recorded(
    instrument: Instrument, *, resolution: timedelta, length: timedelta = DAY
) -> Iterator[PriceStep]:
    """Steps of the recorded XRPUSDT candles, for the contract given, from the file's start."""
    recording = load_recording("builtin:XRPUSDT-5m")
    prices = recorded_prices(recording, instrument, resolution=resolution, spread=Spread())
    return takewhile(lambda step: step.offset < length, prices.steps())


@dataclass(slots=True, kw_only=True)
class EngineDay:
    """One account. ``after_step`` is called after every event, with what came of it."""

    door: VenueDoor
    parameters: AccountParameters
    limits: RequestLimits = field(default_factory=RequestLimits)
    after_step: Callable[["EngineDay", Outcome], None] | None = None
    totals: Totals = field(default_factory=lambda: Totals(since=MIDNIGHT))
    engine: Engine = field(init=False)
    queue: deque[Event] = field(default_factory=deque)
    events: int = 0
    event: Event | None = None
    """The last one that was processed."""

    def __post_init__(self) -> None:
        epoch = int(MIDNIGHT.timestamp() * 1000)
        self.engine = Engine(epoch=epoch, started_at=self.door.now, limits=self.limits)

    def start(self, first: Iterable[PriceStep]) -> None:
        """Begin, with the first price of each symbol."""
        quotes = [event for step in first for event in self.door.step(step)]
        self.tell(RunnerStarted(at=self.door.now, parameters=self.parameters))
        self.tell(*(self.door.contract(each.symbol) for each in self.parameters.strategies))
        self.tell(*quotes)

    def step(self, step: PriceStep, *, fills_first: bool = False) -> None:
        """Timers that fall before the step, then the step; its two streams in either order."""
        self._let_time_pass(step)
        quote, *filled = self.door.step(step)
        self.tell(*((*filled, quote) if fills_first else (quote, *filled)))

    def settle_funding(self, symbol: str) -> None:
        """Funding is charged."""
        self.tell(*self.door.settle_funding(symbol, FUNDING_RATE))

    def tell(self, *events: Event) -> None:
        """Let events happen, and everything that follows from them."""
        self.queue.extend(events)
        while self.queue:
            self._process(self.queue.popleft())

    @property
    def is_quiet(self) -> bool:
        """Nothing is on its way: no event, no request, no order waiting for the rate budget."""
        state = self.engine.state
        waits = self.queue or state.deferred or state.outbox
        recovering = any(run.phase is not Phase.TRADING for run in state.runs.values())
        flying = any(order.in_flight or order.awaits_fills for order in state.orders.values())
        return not (waits or recovering or flying)

    def _process(self, event: Event) -> None:
        self._add_up(event)
        self.event, outcome = event, self.engine.process(event)
        self.events += 1
        for action in outcome.actions:
            wanted = action.action if isinstance(action, Approved) else action
            self.queue.extend(self.door.carry_out(wanted))
        if self.after_step is not None:
            self.after_step(self, outcome)

    def _add_up(self, event: Event) -> None:
        match event:
            case OrderFilled():
                self.totals.filled(event)
            case FundingSettled():
                self.totals.settled(event)
            case SymbolRead():
                self.totals.recovered(event)
            case _:
                pass

    def _let_time_pass(self, step: PriceStep) -> None:
        until = MIDNIGHT + step.offset
        while (wake_at := self.engine.state.wake_at) is not None and wake_at < until:
            self.door.now = max(wake_at, self.door.now + _MILLISECOND)
            self.tell(TimerFired(at=self.door.now))
