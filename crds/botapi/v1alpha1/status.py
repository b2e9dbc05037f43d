"""What is reported about a TradingAccount: two writers, each with its own part.

The operator (field manager ``tradefleet-operator``) writes observedGeneration, phase, admitted and
its conditions; the runner (``tradefleet-runner``) everything else. Money, prices and rates are
decimal strings, rates in percent, times RFC 3339 in UTC. States and reasons are open sets in the
schema: each strategy brings its own, and a newer runner may report to an older definition.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StrictBool

from botapi.conditions import Condition, Phase
from botapi.limits import Entries, at_least
from botapi.model import Model
from botapi.quantity import DecimalOrUnknown, DecimalText, Number, Timestamp, Whole
from botapi.rules import ListMap, reported
from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy

# Generous: a report that the API server refuses for its length would hide a stop as well.
Text = Annotated[str, Field(max_length=32768)]
Word = Annotated[str, Field(max_length=253)]


class StrategyState(StrEnum):
    """What a strategy is doing; more come with more kinds of strategy."""

    RECOVERING = "Recovering"
    TRADING = "Trading"
    STARVED = "Starved"
    """Waits for money or for a limit of the exchange; the reason says which."""
    RESTRICTED = "Restricted"
    """New exposure is held back by risk or by a lost connection."""
    EXTERNALLY_REDUCED = "ExternallyReduced"
    """Somebody else reduced the position; held until a person acknowledges."""
    RETIRING = "Retiring"
    """Left the list; stays until flat."""


class StrategyReason(StrEnum):
    """Why a strategy is in its state; the empty string where there is nothing to say."""

    MONEY = "Money"
    MAX_ORDER_QUANTITY = "MaxOrderQty"
    RISK_TIER = "RiskTier"
    MIN_NOTIONAL = "MinNotional"
    PRICE = "Price"
    RECOVERED_APPROXIMATELY = "RecoveredApproximately"
    LEVERAGE_LOWERED = "LeverageLowered"
    RISK_CHECK = "RiskCheck"
    BREAKER = "Breaker"
    STREAM_LOST = "StreamLost"
    API_UNREACHABLE = "ApiUnreachable"


class RiskLevel(StrEnum):
    """The maintenance margin rate in a word."""

    NORMAL = "Normal"
    WARNING = "Warning"
    CRITICAL = "Critical"


class Side(StrEnum):
    """Which way a position points."""

    LONG = "long"
    SHORT = "short"


class StreamState(StrEnum):
    """The life of one stream's connection."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    FAILED = "failed"


class Admission(Model):
    """Leave to trade one account of the exchange."""

    uid: Annotated[Word, reported("The exchange's id of the account that may trade here.")]
    since: Annotated[Timestamp | None, reported("When it was admitted, RFC 3339 UTC.")] = None


class AccountReport(Model):
    """The exchange account in figures."""

    uid: Annotated[Word | None, reported("The exchange's id of the account.")] = None
    equity: Annotated[DecimalText | None, reported("Equity of the account, USDT.")] = None
    margin_balance: Annotated[DecimalText | None, reported("Margin balance, USDT.")] = None
    available: Annotated[DecimalText | None, reported("Balance that new orders may use, USDT.")] = (
        None
    )
    maintenance_margin_rate: Annotated[
        DecimalText | None,
        reported("Maintenance margin rate that is acted on, percent: the larger of the next two."),
    ] = None
    maintenance_margin_rate_reported: Annotated[
        DecimalText | None,
        reported("Maintenance margin rate as the exchange last sent it, percent."),
    ] = None
    maintenance_margin_rate_estimated: Annotated[
        DecimalOrUnknown,
        reported("Maintenance margin rate estimated at present prices, percent; empty = unknown."),
    ] = None
    initial_margin_rate: Annotated[
        DecimalText | None, reported("Initial margin rate, percent.")
    ] = None
    haircut: Annotated[
        DecimalText | None, reported("Collateral value the exchange does not count, USDT.")
    ] = None
    level: Annotated[
        RiskLevel | None, reported("The margin rate in a word: Normal, Warning or Critical.")
    ] = None
    day_pnl: Annotated[
        DecimalText | None,
        reported("Change of equity since dayStarted, less deposits and transfers, USDT."),
    ] = None
    day_opening_equity: Annotated[
        DecimalText | None, reported("Equity when the day began, USDT.")
    ] = None
    day_started: Annotated[
        Timestamp | None, reported("When the day's account began, RFC 3339 UTC.")
    ] = None
    realised_pnl: Annotated[
        DecimalText | None,
        reported("Realised profit since the account was first seen, USDT."),
    ] = None
    fees: Annotated[DecimalText | None, reported("Fees paid over the same span, USDT.")] = None
    funding: Annotated[
        DecimalText | None,
        reported("Funding received less funding paid over the same span, USDT."),
    ] = None
    sums_until: Annotated[
        Timestamp | None,
        reported(
            "Up to when realisedPnl, fees and funding are complete, RFC 3339 UTC; "
            "unset where that is the last report."
        ),
    ] = None
    positions: Annotated[
        Whole | None, at_least(0), reported("Number of open positions, each side counting one.")
    ] = None


class PositionReport(Model):
    """One side of one symbol."""

    strategy: Annotated[
        Word, reported("Name of the strategy that owns it; unowned where none does.")
    ]
    symbol: Annotated[Word, reported("Symbol of the contract.")]
    side: Annotated[Side, reported("long or short.")]
    quantity: Annotated[DecimalText, reported("Size, in the base coin.")]
    entry_price: Annotated[
        DecimalText | None, reported("Average entry price, in the quote currency.")
    ] = None
    mark_price: Annotated[DecimalText | None, reported("Mark price, in the quote currency.")] = None
    unrealised_pnl: Annotated[
        DecimalText | None, reported("Profit at the mark price, before fees, USDT.")
    ] = None
    take_profit_price: Annotated[
        DecimalOrUnknown,
        reported("Price of the take-profit that rests, in the quote currency; empty = none."),
    ] = None


class Hold(Model):
    """Why a strategy waits for a person."""

    id: Annotated[
        Word, reported("What spec.strategies[].acknowledgedHold must say; empty = no hold.")
    ] = ""
    since: Annotated[
        str, Field(max_length=64), reported("When it began, RFC 3339 UTC; empty = no hold.")
    ] = ""


class SideLevels(Model):
    """How far one side of a grid reaches."""

    filled: Annotated[
        Whole, at_least(-1), reported("Highest level that is filled, at least in part; -1 = none.")
    ] = -1
    resting: Annotated[
        Whole, at_least(-1), reported("Highest level that rests as an order; -1 = none.")
    ] = -1


class GridLevels(Model):
    """The levels of both sides."""

    long: Annotated[SideLevels, reported("Level numbers of the long side.")] = SideLevels()
    short: Annotated[SideLevels, reported("Level numbers of the short side.")] = SideLevels()


class AppliedParameters(Model):
    """The values in force of the fields that wait for flat; recovery reads these, not the spec."""

    leverage: Annotated[Number | None, reported("Leverage in force, a factor.")] = None
    initial_margin: Annotated[Number | None, reported("Margin of level 0 in force, USDT.")] = None
    averaging_multiplier: Annotated[
        Number | None, reported("Multiplier of quantities in force, a factor.")
    ] = None


class StrategyReport(Model):
    """One strategy; a retiring one stays here until it is flat."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=12),
        reported("The strategy's name in spec.strategies."),
    ]
    state: Annotated[
        Word | None,
        reported(
            "What it is doing: Recovering, Trading, Starved, Restricted, ExternallyReduced or "
            "Retiring."
        ),
    ] = None
    reason: Annotated[
        Word,
        reported(
            "Why, in a word; empty = nothing to say. Money, MaxOrderQty, RiskTier, MinNotional, "
            "Price, RecoveredApproximately, LeverageLowered, RiskCheck, Breaker, StreamLost or "
            "ApiUnreachable."
        ),
    ] = ""
    message: Annotated[Text, reported("Why, and what to do about it, in words.")] = ""
    hold: Annotated[
        Hold | None, reported("What a person has to acknowledge, with state ExternallyReduced.")
    ] = None
    levels: Annotated[
        GridLevels | None, reported("Highest filled and resting level numbers of both sides.")
    ] = None
    last_placeable_level: Annotated[
        Whole | None,
        at_least(-1),
        reported("Highest level number that the exchange's limits allow; -1 = none."),
    ] = None
    applied: Annotated[
        AppliedParameters | None,
        reported("Values in force of the parameters whose change waits until flat."),
    ] = None


class EmergencyReport(Model):
    """The stop that holds; absent without one."""

    id: Annotated[
        Word, reported("Id of this stop; spec.acknowledgedEmergency with it ends a latched one.")
    ]
    cause: Annotated[
        EmergencyCause,
        reported("What engaged it: person, margin, stream, invariant, errors or venue."),
    ]
    reason: Annotated[Text, reported("What engaged it, in words.")] = ""
    policy: Annotated[
        EmergencyPolicy, reported("The policy in force: CancelEntries, Freeze or Flatten.")
    ]
    since: Annotated[Timestamp, reported("When it engaged, RFC 3339 UTC.")]
    latched: Annotated[
        StrictBool, reported("true: it ends only when a person acknowledges its id.")
    ] = False
    complete: Annotated[
        StrictBool,
        reported("true: the policy is carried out; for Flatten, a read found no position."),
    ] = False


class StreamsReport(Model):
    """The connections to the exchange."""

    private: Annotated[
        StreamState | None,
        reported("disconnected, connecting, connected, reconnecting or failed."),
    ] = None
    public: Annotated[
        StreamState | None,
        reported("disconnected, connecting, connected, reconnecting or failed."),
    ] = None


class RunnerReport(Model):
    """The process that trades the account."""

    pod: Annotated[str | None, Field(max_length=253), reported("Name of the runner's pod.")] = None
    version: Annotated[Word | None, reported("Version of the runner.")] = None
    epoch: Annotated[
        Whole | None,
        at_least(0),
        reported(
            "Number of the runner's life, in order ids; above every earlier one, at least its "
            "start in milliseconds since 1970."
        ),
    ] = None
    observed_generation: Annotated[
        Whole | None,
        at_least(0),
        reported("The metadata.generation that the runner acts on; Ready needs it."),
    ] = None
    pending_restart: Annotated[
        tuple[Text, ...],
        Entries(most=64),
        reported("Names of changed fields that wait for the next pod."),
    ] = ()
    started: Annotated[Timestamp | None, reported("When the runner started, RFC 3339 UTC.")] = None
    last_report: Annotated[
        Timestamp | None, reported("When the runner last wrote here, RFC 3339 UTC.")
    ] = None
    key_suffix: Annotated[
        str | None,
        Field(max_length=4),
        reported("Last four characters of the API key signed in with; empty = none yet."),
    ] = None


class AccountStatus(Model):
    """All that is reported about an account."""

    observed_generation: Annotated[
        Whole | None,
        at_least(0),
        reported("The metadata.generation that the operator acts on."),
    ] = None
    phase: Annotated[
        Phase | None,
        reported(
            "One word for people, the first that holds: Deleting, Failed, Stopped, Suspended, "
            "Pending, Recovering, Starved, Trading. Programs read the conditions."
        ),
    ] = None
    admitted: Annotated[
        Admission | None,
        reported("The account of the exchange that may trade here; nothing is sent before."),
    ] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Entries(most=32),
        ListMap("type"),
        reported("What holds and what does not, told apart by type."),
    ] = ()
    account: Annotated[
        AccountReport | None, reported("Balances (USDT) and margin rates (percent).")
    ] = None
    positions: Annotated[
        tuple[PositionReport, ...],
        Entries(most=1000),
        reported("Open positions, one entry a side."),
    ] = ()
    open_orders: Annotated[
        Whole | None, at_least(0), reported("Number of resting orders of ours.")
    ] = None
    strategy_summary: Annotated[
        Text | None, reported("Each strategy's name and state, in one line.")
    ] = None
    strategies: Annotated[
        tuple[StrategyReport, ...],
        Entries(most=1000),
        ListMap("name"),
        reported("Each strategy, told apart by name; a retiring one stays until flat."),
    ] = ()
    emergency: Annotated[
        EmergencyReport | None, reported("The emergency stop that holds; absent without one.")
    ] = None
    streams: Annotated[
        StreamsReport | None, reported("State of the connections to the exchange.")
    ] = None
    runner: Annotated[RunnerReport | None, reported("The process that trades the account.")] = None

    def condition(self, kind: str) -> Condition | None:
        """The condition of this type, or None while nobody has said anything about it."""
        return next((c for c in self.conditions if c.type == kind), None)
