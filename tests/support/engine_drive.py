"""Drives the engine against the pure venue: an event in, its actions carried out, their events in.

The queue is the runtime in small. Faults change what becomes of the next placement.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum

from botrunner.domain import events as ev
from botrunner.domain.actions import (
    AmendOrder,
    ApplySetting,
    CancelOrder,
    Notify,
    OrderAction,
    PlaceOrder,
    ReadAccount,
    ReadSymbol,
    ReadWallet,
    ResolveOrder,
)
from botrunner.domain.control import (
    Event,
    InstrumentRead,
    RunnerStarted,
    Setting,
    SettingApplied,
    SettingRefused,
)
from botrunner.domain.ids import decode
from botrunner.domain.market import FeeRates
from botrunner.domain.parameters import (
    AccountParameters,
    AppliedGrid,
    GridParameters,
    RiskParameters,
    StrategyParameters,
)
from botrunner.domain.side import Purpose, Side
from botrunner.domain.traits import VenueTraits
from botrunner.engine.engine import Engine
from botrunner.engine.limits import RequestLimits
from botrunner.engine.outcome import Action, Outcome
from botrunner.engine.state import Run
from botrunner.risk.verdict import Approved
from support.grid_contract import VenueOrder
from support.grid_venue import GridVenue

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EPOCH = 1_767_268_800_000
XRP = "XRPUSDT"
MANY = RequestLimits(place=1000, amend=1000, cancel=1000, read=1000)


class Fault(Enum):
    """What becomes of a placement."""

    REJECTED = "rejected"
    LOST_BEFORE = "lost before"
    """Never arrives; the sender knows nothing."""
    LOST_AFTER = "lost after"
    """Arrives; the answer does not, the stream does."""
    DENIED = "denied"
    WRONG_MODE = "wrong mode"
    """Somebody switched the symbol to one-way mode."""


def grid(
    *,
    leverage: str = "75",
    margin: str = "1",
    multiplier: str = "2",
    levels: int = 10,
    timeout: int = 10,
) -> GridParameters:
    """The specification's example grid: 1 USDT at 75, step and take-profit 1 %."""
    return GridParameters(
        wanted=AppliedGrid(
            leverage=Decimal(leverage),
            initial_margin=Decimal(margin),
            averaging_multiplier=Decimal(multiplier),
        ),
        max_levels_per_side=levels,
        entry_timeout=timedelta(seconds=timeout),
    )


def account(
    *strategies: StrategyParameters,
    of: GridParameters | None = None,
    risk: RiskParameters | None = None,
) -> AccountParameters:
    """An account with the given strategies, or one grid on XRPUSDT."""
    one = StrategyParameters(name="xrp", symbol=XRP, grid=of or grid())
    return AccountParameters(strategies=strategies or (one,), risk=risk or RiskParameters())


@dataclass(slots=True, kw_only=True)
class Drive:
    """An engine, a venue, and the events between them."""

    venue: GridVenue
    parameters: AccountParameters
    epoch: int = EPOCH
    limits: RequestLimits = MANY
    traits: VenueTraits = VenueTraits()
    engine: Engine = field(init=False)
    queue: deque[Event] = field(default_factory=deque)
    outcomes: list[Outcome] = field(default_factory=list)
    faults: deque[Fault | None] = field(default_factory=deque)
    stream: bool = True
    """While False, what happens at the venue is not told."""
    answer_reads: bool = True
    answer_wallet: bool = True
    after_step: Callable[["Drive"], None] | None = None
    known_stop: bool = False
    """A restart finds the stop, as it would in the status or the stop file."""
    crash_after: int = -1
    """The runner dies after so many more events, whatever is on its way then is lost to it."""
    swaps: deque[int] = field(default_factory=deque)
    """Which of the next events come first instead: streams are independent of each other."""
    lost: deque[bool] = field(default_factory=deque)
    """Whether the answer to the next amendment or cancel is lost."""
    refused_settings: dict[Setting, str] = field(default_factory=dict)
    """What the venue refuses to set, with its words."""

    def __post_init__(self) -> None:
        self.engine = self._new_engine()

    def start(self, **known: object) -> None:
        """Begin a life of the runner and let it settle."""
        self.engine = self._new_engine()
        self.queue.clear()
        self.tell(RunnerStarted(at=self.venue.now, parameters=self.parameters, **known))  # type: ignore[arg-type] # passes on what the caller names
        for symbol in {each.symbol for each in self.parameters.strategies}:
            read = InstrumentRead(
                at=self.venue.now,
                instrument=self.venue.instruments[symbol],
                fees=self.venue.fees,
            )
            self.tell(read, self.venue.quote(symbol))

    def restart(self, **known: object) -> None:
        """kill -9, and a new life with a higher epoch and no memory but the latch."""
        self.epoch += 1
        self.stream = True
        stop = self.engine.state.stop if self.known_stop else None
        self.start(**{"stop": stop, **known})

    def tell(self, *events: Event) -> None:
        """Let events happen, and everything that follows from them."""
        self.queue.extend(events)
        while self.queue:
            self._swap()
            self.step(self.queue.popleft())
            self.crash_after -= 1
            if self.crash_after == 0:
                self.restart()

    def step(self, event: Event) -> Outcome:
        """One event, with its actions carried out."""
        outcome = self.engine.process(event)
        self.outcomes.append(outcome)
        for action in outcome.actions:
            self.queue.extend(self._carry_out(action))
        if self.after_step is not None:
            self.after_step(self)
        return outcome

    def move(self, price: str | Decimal, symbol: str = XRP) -> None:
        """Move the price: the quote, then the fills on its way."""
        happened = self.venue.move(symbol, Decimal(price))
        self.venue.tick()
        self.tell(self.venue.quote(symbol), *self._told(happened))

    def tell_wallet(self) -> None:
        """The wallet as it is now: a push or a poll."""
        self.venue.tick()
        self.tell(ev.WalletChanged(wallet=self.venue.wallet()))

    def wait(self, seconds: float) -> None:
        """Let time pass, with a timer and a fresh quote at its end."""
        self.venue.now += timedelta(seconds=seconds)
        quotes = [self.venue.quote(symbol) for symbol in self.venue.prices]
        self.tell(*quotes, ev.TimerFired(at=self.venue.now))

    def calm(self) -> None:
        """No more faults."""
        self.faults.clear()
        self.swaps.clear()
        self.lost.clear()
        self.crash_after = -1

    def settle(self, seconds: int = 30) -> None:
        """Let everything that only needs time come to rest."""
        for _ in range(seconds):
            self.wait(1)

    # What tests look at

    @property
    def run(self) -> Run:
        """The only strategy."""
        (run,) = self.engine.state.runs.values()
        return run

    def resting(self, side: Side, purpose: Purpose = Purpose.ENTRY) -> list[tuple[int, str, str]]:
        """Level, quantity still open, price of what rests at the venue, by level."""
        rows = []
        for order in self.venue.open_orders():
            identity = decode(order.order_id)
            if identity is not None and (identity.side, identity.purpose) == (side, purpose):
                rows.append((identity.level, _text(order.remaining), _text(order.price)))
        return sorted(rows)

    def order_at(self, side: Side, level: int, purpose: Purpose = Purpose.ENTRY) -> VenueOrder:
        """The order that rests at a level."""
        for order in self.venue.open_orders():
            identity = decode(order.order_id)
            place = (side, purpose, level)
            if identity and (identity.side, identity.purpose, identity.level) == place:
                return order
        raise LookupError(f"nothing rests at {side.value} {level}")

    def notices(self) -> list[str]:
        """Reasons of everything people were told."""
        return [
            action.reason
            for outcome in self.outcomes
            for action in outcome.actions
            if isinstance(action, Notify)
        ]

    def sent(self) -> list[OrderAction]:
        """Every order action that was released."""
        return [
            action.action
            for outcome in self.outcomes
            for action in outcome.actions
            if isinstance(action, Approved)
        ]

    def last_sent(self) -> list[OrderAction]:
        """The order actions of the last step."""
        return [each.action for each in self.outcomes[-1].actions if isinstance(each, Approved)]

    # Inside

    def _new_engine(self) -> Engine:
        return Engine(
            epoch=self.epoch, started_at=self.venue.now, limits=self.limits, traits=self.traits
        )

    def _swap(self) -> None:
        """Let a later event come first, but keep the order within each stream."""
        ahead = self.swaps.popleft() if self.swaps else 0
        later = list(self.queue)[ahead : ahead + 1]
        earlier = list(self.queue)[:ahead]
        if later and not any(_topic(event) == _topic(later[0]) for event in earlier):
            self.queue.remove(later[0])
            self.queue.appendleft(later[0])

    def _told(self, happened: Iterable[Event]) -> list[Event]:
        return list(happened) if self.stream else []

    def _carry_out(self, action: Action) -> list[Event]:
        match action:
            case Approved(action=order):
                return self._send(order)
            case ReadSymbol():
                found = self.venue.read_symbol(action.token, action.symbol)
                return [found] if self.answer_reads else []
            case ReadAccount():
                return [self.venue.read_account(action.token)] if self.answer_reads else []
            case ReadWallet():
                self.venue.tick()
                read = ev.WalletChanged(wallet=self.venue.wallet())
                return [read] if self.answer_wallet else []
            case ResolveOrder():
                return list(self.venue.read_order(action.order_id))
            case ApplySetting():
                return [self._set(action)]
            case _:
                return []

    def _send(self, action: OrderAction) -> list[Event]:
        match action:
            case PlaceOrder():
                return self._place(action)
            case AmendOrder():
                happened = self.venue.amend(action)
                unknown: Event = ev.AmendOutcomeUnknown(order_id=action.order_id, at=self.venue.now)
                return self._change(happened, unknown)
            case CancelOrder():
                happened = self.venue.cancel(action)
                unknown = ev.CancelOutcomeUnknown(order_id=action.order_id, at=self.venue.now)
                return self._change(happened, unknown)

    def _set(self, action: ApplySetting) -> Event:
        symbol, setting, at = action.symbol, action.setting, self.venue.tick()
        if (words := self.refused_settings.get(setting)) is not None:
            return SettingRefused(symbol=symbol, setting=setting, message=words, at=at)
        if setting is Setting.LEVERAGE:
            self.venue.leverage = action.value
        return SettingApplied(symbol=symbol, setting=setting, value=action.value, at=at)

    def _change(
        self, happened: list[ev.OrderEvent | ev.AccountEvent], unknown: Event
    ) -> list[Event]:
        if self.lost and self.lost.popleft():
            return [unknown, *self._told(happened[1:])]
        return _answer(happened, self.stream)

    def _place(self, action: PlaceOrder) -> list[Event]:
        fault = self.faults.popleft() if self.faults else None
        match fault:
            case Fault.REJECTED:
                return [self._rejected(action, ev.RefusalClass.OTHER)]
            case Fault.WRONG_MODE:
                return [self._rejected(action, ev.RefusalClass.POSITION_MODE)]
            case Fault.DENIED:
                at = self.venue.tick()
                return [ev.OrderDenied(order_id=action.order_id, at=at, reason="breaker")]
            case Fault.LOST_BEFORE:
                return [ev.OrderOutcomeUnknown(order_id=action.order_id, at=self.venue.tick())]
            case Fault.LOST_AFTER:
                happened = self.venue.place(action)[1:]
                unknown = ev.OrderOutcomeUnknown(order_id=action.order_id, at=self.venue.tick())
                return [unknown, *self._told(happened)]
            case None:
                return _answer(self.venue.place(action), self.stream)

    def _rejected(self, action: PlaceOrder, refusal: ev.RefusalClass) -> Event:
        order_id, at = action.order_id, self.venue.tick()
        return ev.OrderRejected(order_id=order_id, at=at, refusal=refusal, message="not today")


def _answer(happened: list[ev.OrderEvent | ev.AccountEvent], stream: bool) -> list[Event]:
    """The request's own answer comes in any case, the rest by the stream."""
    return list(happened) if stream else list(happened[:1])


def _topic(event: Event) -> str:
    """Events of one topic never overtake each other."""
    match event:
        case ev.OrderFilled() | ev.FundingSettled():
            return "execution"
        case ev.OrderOpened() | ev.OrderCompleted() | ev.OrderCancelled():
            return "order"
        case ev.PositionChanged():
            return "position"
        case ev.WalletChanged():
            return "wallet"
        case ev.QuoteChanged():
            return "public"
        case _:
            return "answer"


def _text(number: Decimal) -> str:
    return f"{number.normalize():f}"


def started(
    price: str = "1.00",
    *,
    parameters: AccountParameters | None = None,
    cash: str = "100000",
    fee: str = "0.0002",
    traits: VenueTraits = VenueTraits(),
) -> Drive:
    """A runner that has started at a price."""
    rates = FeeRates(maker=Decimal(fee), taker=Decimal(fee))
    venue = GridVenue(now=NOON, cash=Decimal(cash), fees=rates, prices={XRP: Decimal(price)})
    drive = Drive(venue=venue, parameters=parameters or account(), traits=traits)
    drive.start()
    return drive
