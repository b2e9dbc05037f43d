"""Everything the engine knows. Mutable, and written only from within ``Engine.process``."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

from botrunner.domain.account import Wallet
from botrunner.domain.actions import Command
from botrunner.domain.control import Block, ReadOrder, Setting
from botrunner.domain.day import Day, Transfer
from botrunner.domain.desired import OrderSlot
from botrunner.domain.emergency import EmergencyStop, StopPolicy
from botrunner.domain.events import RefusalClass
from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.order import Order
from botrunner.domain.parameters import AccountParameters, StrategyParameters
from botrunner.domain.position import Position
from botrunner.domain.side import Side
from botrunner.domain.traits import VenueTraits
from botrunner.engine.budget import Bucket
from botrunner.engine.limits import Group, RequestLimits
from botrunner.engine.working import Working
from botrunner.risk.verdict import Reason
from botrunner.strategies.grid.state import GridState

SECOND = timedelta(seconds=1)
SHORTEST_SLEEP = timedelta(milliseconds=5)
"""A timer never fires in the moment that set it: time alone cannot make the engine spin."""
READ_CAP_SECONDS = 8
"""The longest pause before reads that failed are asked again: a restart is protected in 10 s."""


class Phase(Enum):
    """Where a strategy's life stands."""

    RECOVERING = "Recovering"
    TRADING = "Trading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A level's refusal that is not asked again yet."""

    reason: Reason
    message: str
    wallet_at: datetime | None
    """For money: stands until a wallet reading other than this one."""
    retry_at: datetime | None
    """For the venue's other refusals."""
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """When a refused request may be made again, and how often it was refused in a row."""

    at: datetime
    attempts: int = 1

    @staticmethod
    def after(before: "Retry | None", now: datetime, cap_seconds: int) -> "Retry":
        """1, 2, 4 ... seconds, up to the cap."""
        attempts = before.attempts + 1 if before else 1
        seconds = min(2 ** (attempts - 1), cap_seconds)
        return Retry(at=now + seconds * SECOND, attempts=attempts)


@dataclass(slots=True, kw_only=True)
class Run:
    """One strategy's life in this runner."""

    parameters: StrategyParameters
    grid: GridState
    phase: Phase = Phase.RECOVERING
    token: int = 0
    """The SymbolRead that recovery waits for; 0 when none is on its way."""
    begun_at: datetime | None = None
    """When recovery began last."""
    restarts: int = 0
    """How often recovery began anew because something happened meanwhile (GR-43)."""
    read_retry: Retry | None = None
    """When recovery may ask again after reads that failed."""
    retiring: bool = False
    flatten: bool = False
    """Retires by a market close."""
    hold_id: str = ""
    hold_since: datetime | None = None
    reason: Reason | None = None
    """Why the highest wanted level does not rest; None when all do."""
    message: str = ""
    barred_level: int | None = None
    """The lowest level that the venue's limits keep out now (GR-4)."""
    refusals: dict[int, Standing] = field(default_factory=dict)
    retries: dict[OrderSlot, Retry] = field(default_factory=dict)
    """Exits and closes whose placement was refused."""
    approximated: bool = False
    settings: dict[Setting, Decimal] = field(default_factory=dict)
    """Confirmed by the venue."""
    confirmed_token: int = 0
    """The last read that had been asked for when a setting was confirmed last."""
    hedged_at: datetime | None = None
    """When hedge mode was confirmed last."""
    ask_at: dict[Setting, datetime] = field(default_factory=dict)
    """When a setting that was asked for is asked for again, unless it is confirmed before."""
    refused_settings: dict[Setting, str] = field(default_factory=dict)
    """The venue's words, by what it refused to set."""
    mode_lost_at: datetime | None = None
    """When the venue last refused an order for its position mode."""
    mode_doubted: str = ""
    """The venue confirms hedge mode, and refuses orders of hedge mode all the same: its words."""
    lowered_from: Decimal | None = None
    """The leverage of which people were told that the instrument does not take it."""
    foreign_refused: str = ""
    """Foreign orders that keep the strategy from starting (GR-47)."""
    top: int = -1
    """T of GR-20 as last planned."""
    waits: bool = True
    passing: bool = False
    """A level whose price was passed is on its way alone (GR-46)."""
    wake_at: datetime | None = None
    dirty: bool = True
    deferred: int = 0
    """Orders that wait for the rate budget since this strategy looked last."""
    changed: bool = True
    """Orders, fills or the plan changed since evenness and exits were looked at."""
    is_uneven: bool = False
    is_exposed: bool = False
    uneven_since: datetime | None = None
    exposed_since: datetime | None = None
    """Since when a side lacks its take-profit."""
    differs_since: datetime | None = None
    """Since which read the venue's positions have not been ours."""
    recovered_at: datetime | None = None

    @property
    def name(self) -> str:
        """The strategy's name."""
        return self.parameters.name

    @property
    def symbol(self) -> str:
        """Its symbol; one strategy has it alone."""
        return self.parameters.symbol

    @property
    def setting_refused(self) -> str:
        """What the venue refused to set, in its words; empty where it refused nothing."""
        doubts = [self.mode_doubted] if self.mode_doubted else []
        return "; ".join([*self.refused_settings.values(), *doubts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """An order that is being read by its id because something about it is uncertain."""

    since: datetime
    next_at: datetime
    answers: int = 0
    """How often the answer was: nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that the gate refused or the venue rejected in this step, for the audit."""

    strategy: str
    what: str
    reason: str
    message: str


@dataclass(slots=True, kw_only=True)
class EngineState:
    """One account."""

    epoch: int
    limits: RequestLimits
    started_at: datetime
    now: datetime
    parameters: AccountParameters
    traits: VenueTraits = VenueTraits()
    instruments: dict[str, Instrument] = field(default_factory=dict)
    fees: dict[str, FeeRates] = field(default_factory=dict)
    quotes: dict[str, Quote] = field(default_factory=dict)
    wallet: Wallet | None = None
    positions: dict[tuple[str, Side], Position] = field(default_factory=dict)
    positions_at: dict[tuple[str, Side], datetime] = field(default_factory=dict)
    moved_at: dict[tuple[str, Side], datetime] = field(default_factory=dict)
    """Last fill per symbol and side; a position older than it is not believed."""
    money_moved_at: datetime | None = None
    """Last fill or acknowledgement: a wallet older than it does not show everything."""
    orders: Working = field(default_factory=Working)
    """Ours, by client order id; final ones go once nothing more can come."""
    over: dict[str, datetime] = field(default_factory=dict)
    """Our orders that the venue called filled or cancelled lately, and when, oldest first."""
    foreign: dict[str, ReadOrder] = field(default_factory=dict)
    """Open orders of others, as last seen."""
    executions: dict[str, None] = field(default_factory=dict)
    """Execution ids already applied, oldest first."""
    runs: dict[str, Run] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    stop: EmergencyStop | None = None
    stop_complete: bool = False
    seen_left_at: datetime | None = None
    """When a read last showed that a stop by Flatten had left something."""
    person_stop: str = ""
    """Why a person wants a stop; empty when nobody does."""
    generation: int = 0
    stream_up: bool = True
    stream_lost_at: datetime | None = None
    stream_attempts: int = 0
    polled_at: datetime | None = None
    """When what a lost stream would have told was read last."""
    unreconciled: bool = False
    """The stream came back and the read that has to follow is not done."""
    blocks: set[Block] = field(default_factory=set)
    errors_in_row: int = 0
    inquiries: dict[str, Inquiry] = field(default_factory=dict)
    no_amend: set[str] = field(default_factory=set)
    """Orders whose amendment the venue refused: replaced instead."""
    hold_off: dict[str, Retry] = field(default_factory=dict)
    """Orders whose last cancel or amendment failed for now."""
    unowned_retries: dict[tuple[str, OrderSlot], Retry] = field(default_factory=dict)
    """When a close of what no strategy has may be made again, by symbol and slot."""
    fenced_by: int = 0
    """A higher epoch was seen: this runner sends nothing any more."""
    lower_epoch_until: datetime | None = None
    """Entries are held back while a runner of a lower epoch still sends."""
    ended: bool = False
    buckets: dict[Group, Bucket] = field(default_factory=dict)
    tokens: int = 0
    account_token: int = 0
    """The ReadAccount on its way; 0 when there is none."""
    account_asked_at: datetime | None = None
    next_account_at: datetime | None = None
    wallet_polled_at: datetime | None = None
    rate: Decimal | None = None
    """The maintenance-margin rate acted on in this step; None while unknown."""
    wallet_asked_at: datetime | None = None
    account_retry: Retry | None = None
    """When the account may be read again after reads that failed."""
    unreadable: str = ""
    day: Day | None = None
    """The account's day; None until its wallet is read."""
    day_first: Wallet | None = None
    """The first reading after the boundary; the new day begins once its transfers are known."""
    transfers: dict[str, Transfer] = field(default_factory=dict)
    """Of the day, by id."""
    transfers_known: Wallet | None = None
    """The last reading for which every transfer is known."""
    transfers_until: datetime | None = None
    transfers_token: int = 0
    """The ReadTransfers on its way; 0 when there is none."""
    transfers_reads: int = 0
    transfers_asked_at: datetime | None = None
    outbox: list[Command] = field(default_factory=list)
    """Commands of this step, in order."""
    refused: list[Refusal] = field(default_factory=list)
    sequence: int = 0
    deferred: int = 0
    wake_at: datetime | None = None

    @property
    def policy(self) -> StopPolicy | None:
        """The policy in force; None while there is no stop."""
        if self.stop is None:
            return None
        return self.parameters.stop.policy_for(self.stop.cause)

    def bucket(self, group: Group) -> Bucket:
        """What the rate budget of a group holds; the whole burst before its first request."""
        return self.buckets.get(group) or Bucket.full(self.limits.of(group), self.now)

    def retry_read(self, before: Retry | None) -> Retry:
        """When a read that failed is asked again: later each time, never within a ban (EX-5)."""
        retry = Retry.after(before, self.now, READ_CAP_SECONDS)
        paused_until = self.bucket(Group.READ).paused_until
        return retry if paused_until is None else replace(retry, at=max(retry.at, paused_until))

    def run_of_symbol(self, symbol: str) -> Run | None:
        """The strategy that has the symbol: of two, the one that was there first."""
        for run in self.runs.values():
            if run.symbol == symbol:
                return run
        return None

    def live_orders(self, strategy: str) -> list[Order]:
        """Orders of a strategy that are not final, or whose fills are still on their way."""
        return [
            order for order in self.orders.of(strategy) if not order.is_final or order.awaits_fills
        ]

    def next_token(self) -> int:
        """A number for a read, never used twice."""
        self.tokens += 1
        return self.tokens

    def next_sequence(self, strategy: str) -> int:
        """Counts the orders of one strategy in this epoch."""
        self.sequences[strategy] = self.sequences.get(strategy, 0) + 1
        return self.sequences[strategy]

    def wake(self, moment: datetime | None) -> None:
        """Ask to be woken at a moment, or soon where it has come already."""
        if moment is None:
            return
        moment = max(moment, self.now + SHORTEST_SLEEP)
        if self.wake_at is None or moment < self.wake_at:
            self.wake_at = moment


ERRORS_THAT_COUNT = frozenset({RefusalClass.OTHER})
"""Refusals that add up to maxConsecutiveErrors: not money, rate, clock, nor an order gone."""
