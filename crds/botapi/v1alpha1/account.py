"""TradingAccount: one exchange account, what trades on it, and how it is stopped."""

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    Field,
    StrictBool,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from botapi.limits import Entries, above, within
from botapi.metadata import ObjectMeta
from botapi.model import Model
from botapi.quantity import STRICT, Number, Whole
from botapi.rules import ListMap, Naming, Refusal, Rule, immutable, live, matching, restart
from botapi.v1alpha1.emergency import EmergencySettings
from botapi.v1alpha1.risk import RiskSettings
from botapi.v1alpha1.status import AccountStatus
from botapi.v1alpha1.strategies import ONE_STRATEGY_A_SYMBOL, Strategy


class Exchange(StrEnum):
    """The exchanges that there is an adapter for."""

    BYBIT = "bybit"


class Environment(StrEnum):
    """Which of an exchange's systems the account is on."""

    DEMO = "demo"
    TESTNET = "testnet"
    MAINNET = "mainnet"
    SIMULATED = "simulated"


class Mode(StrEnum):
    """Where orders go."""

    LIVE = "live"
    DRY_RUN = "dryRun"


class OnRemove(StrEnum):
    """What happens to a strategy that left the list."""

    KEEP_EXITS = "KeepExits"
    FLATTEN = "Flatten"


class LogLevel(StrEnum):
    """The least severe message that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


_SECRET_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_HTTP = matching(
    r"https?://[^/\s]+(/\S*)?",
    wrong="must be an address that begins with https:// or http://",
    remedy="for example https://api.bybit.com",
)
_WEB_SOCKET = matching(
    r"wss?://[^/\s]+(/\S*)?",
    wrong="must be an address that begins with wss:// or ws://",
    remedy="for example wss://stream.bybit.com/v5/public/linear",
)


class Credentials(Model):
    """Where the keys are, and what they may be allowed to do."""

    secret_name: Annotated[
        str,
        Field(min_length=1, max_length=253),
        matching(
            _SECRET_NAME,
            wrong="must be the name of a Secret: a-z, 0-9, - and ., with a letter or digit at "
            "both ends",
            remedy="for example account-001-keys",
        ),
        restart(
            "Name of the Secret of the same namespace with the keys apiKey and apiSecret. New "
            "contents of the same Secret are taken up live."
        ),
    ]
    allow_withdraw: Annotated[
        StrictBool,
        live("true accepts a key that may withdraw; false refuses it."),
    ] = False


class Endpoints(Model):
    """Addresses in place of those of the environment."""

    rest: Annotated[
        str | None,
        Field(max_length=512),
        _HTTP,
        restart("Base URL of the REST API; unset = that of the environment."),
    ] = None
    public_stream: Annotated[
        str | None,
        Field(max_length=512),
        _WEB_SOCKET,
        restart("URL of the public stream; unset = that of the environment."),
    ] = None
    private_stream: Annotated[
        str | None,
        Field(max_length=512),
        _WEB_SOCKET,
        restart("URL of the private stream; unset = that of the environment."),
    ] = None


class StreamSettings(Model):
    """How long the private stream may be lost."""

    private_max_attempts: Annotated[
        Whole,
        within(1, 20),
        live(
            "Failed attempts to connect the private stream, 1 to 20; the emergency stop engages "
            "when these and privateLatchSeconds are both exceeded."
        ),
    ] = 3
    private_latch_seconds: Annotated[
        Whole,
        within(10, 3600),
        live(
            "Seconds without the private stream, 10 to 3600; the emergency stop engages when "
            "these and privateMaxAttempts are both exceeded. Entries are held back at once."
        ),
    ] = 120


class MarketDataSettings(Model):
    """What a runner puts up with from the shared feed of a symbol, where it uses one."""

    direct_after_seconds: Annotated[
        Whole,
        within(1, 60),
        live(
            "Seconds without a frame of the shared feed, 1 to 60, after which the runner asks the "
            "exchange itself; up to 1.5 more so that not all runners ask at once."
        ),
    ] = 3
    max_feed_divergence_percent: Annotated[
        Number,
        above(0),
        live(
            "Percent, greater than 0, by which the shared feed's mark price may differ from that "
            "in a read of the account's positions; beyond it, twice running, the runner leaves the "
            "feed."
        ),
    ] = Decimal("0.5")


def _too_leveraged(spec: "TradingAccountSpec") -> list[str]:
    limit = spec.risk.max_leverage
    if limit is None:
        return []
    return [s.name for s in spec.strategies if s.grid is not None and s.grid.leverage > limit]


_LEVERAGE_WITHIN_RISK = Rule(
    cel=(
        "!has(self.risk.maxLeverage) || self.strategies.all(s, "
        "!has(s.grid) || s.grid.leverage <= self.risk.maxLeverage)"
    ),
    broken=lambda spec: bool(_too_leveraged(spec)),
    wrong="leverage of a strategy is above spec.risk.maxLeverage",
    naming=Naming(
        template="leverage is above spec.risk.maxLeverage of %s in: %s",
        values_cel=(
            "self.risk.maxLeverage, self.strategies.filter(s, has(s.grid) && "
            "s.grid.leverage > self.risk.maxLeverage).map(s, s.name)"
        ),
        values=lambda spec: (spec.risk.max_leverage, json.dumps(_too_leveraged(spec))),
    ),
    remedy="lower the strategy's leverage or raise the limit",
    path=("strategies",),
)

_CREDENTIALS_UNLESS_DRY = Rule(
    cel="self.mode == 'dryRun' || has(self.credentials)",
    broken=lambda spec: bool(spec.mode is not Mode.DRY_RUN and spec.credentials is None),
    wrong="is required unless spec.mode is dryRun",
    remedy="name the Secret that holds the keys in spec.credentials.secretName",
    path=("credentials",),
    reason=Refusal.REQUIRED,
)


class TradingAccountSpec(Model):
    """What a person wants of one exchange account."""

    rules = (_CREDENTIALS_UNLESS_DRY, _LEVERAGE_WITHIN_RISK)

    exchange: Annotated[
        Exchange,
        immutable(
            "The exchange of the account; required, nobody trades by accident.",
            remedy="create a TradingAccount of another name for another exchange",
        ),
    ]
    environment: Annotated[
        Environment,
        immutable(
            "Which system of the exchange: demo (its money is play money), testnet, mainnet (real "
            "money), or simulated (the simulator of this installation).",
            remedy="create a TradingAccount of another name for another environment",
        ),
    ] = Environment.DEMO
    mode: Annotated[
        Mode,
        restart(
            "live sends orders to the exchange; dryRun fills them in the runner itself on live "
            "prices and signs no request. From live to dryRun it waits until no order and no "
            "position is left."
        ),
    ] = Mode.LIVE
    credentials: Annotated[
        Credentials | None,
        restart("The keys of the account; required unless mode is dryRun."),
    ] = None
    endpoints: Annotated[
        Endpoints,
        restart("Addresses (URLs) in place of those of the environment."),
    ] = Endpoints()
    request_timeout_seconds: Annotated[
        Whole,
        within(1, 60),
        live(
            "Seconds a request to the exchange may take in all, 1 to 60; beyond it the outcome "
            "counts as unknown and is read."
        ),
    ] = 10
    initial_balance: Annotated[
        Number,
        above(0),
        restart(
            "Balance that a dry run starts with, USDT, greater than 0; also of backtests and of "
            "the simulator that tradefleet run starts."
        ),
    ] = Decimal(1000)
    on_remove: Annotated[
        OnRemove,
        live(
            "What happens to a strategy that left the list or was renamed: KeepExits cancels its "
            "entries and manages its exits until flat, Flatten closes it."
        ),
    ] = OnRemove.KEEP_EXITS
    emergency_stop: Annotated[
        StrictBool | None,
        live(
            "true stops the account within a second; taking it back ends the stop. The annotation "
            "tradefleet.dev/emergency-stop, with any value but false, does the same. Leave the "
            "field out of files, so that applying them again undoes no stop."
        ),
    ] = None
    acknowledged_emergency: Annotated[
        str | None,
        Field(max_length=64),
        live(
            "Ends the latched stop whose status.emergency.id equals this text; any other value "
            "does nothing."
        ),
    ] = None
    emergency: Annotated[
        EmergencySettings,
        live("What an emergency stop does with orders and positions."),
    ] = EmergencySettings()
    streams: Annotated[
        StreamSettings,
        live("How long the private stream may be lost before the emergency stop engages."),
    ] = StreamSettings()
    market_data: Annotated[
        MarketDataSettings,
        live(
            "When the runner leaves the shared feed of a symbol. Without shared feeds (tradefleet "
            "run, addresses of its own) it asks the exchange anyway, and this does nothing."
        ),
    ] = MarketDataSettings()
    reconcile_seconds: Annotated[
        Whole,
        within(10, 600),
        live(
            "Seconds between two comparisons of positions, orders and balance with the exchange, "
            "10 to 600."
        ),
    ] = 30
    report_interval_seconds: Annotated[
        Whole,
        within(1, 300),
        live(
            "Seconds between two reports into the status, at least, 1 to 300; stops and changes "
            "of risk are reported at once."
        ),
    ] = 15
    log_level: Annotated[
        LogLevel,
        live("Least severe message that is logged: debug, info, warning, error or critical."),
    ] = LogLevel.INFO
    risk: Annotated[
        RiskSettings,
        live("Limits of the account, and when it stops by itself."),
    ] = RiskSettings()
    strategies: Annotated[
        tuple[Strategy, ...],
        Entries(least=1, most=64),
        ListMap("name"),
        ONE_STRATEGY_A_SYMBOL,
        live("What trades on the account, 1 to 64 entries, told apart by name."),
    ]


def _readable(
    value: Any, parse: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> AccountStatus | None:
    try:
        status: AccountStatus | None = parse(value)
    except ValidationError as error:
        wrong = {details["loc"][0] for details in error.errors() if details["loc"]}
        if (info.context or {}).get(STRICT) or not isinstance(value, Mapping) or not wrong:
            raise
        status = parse({name: part for name, part in value.items() if name not in wrong})
    return status


ReadableStatus: TypeAlias = Annotated[AccountStatus | None, WrapValidator(_readable)]
"""Parts that cannot be read are left out: a report never keeps an account from its runner.
The stop that stands in it is read by `botapi.stop`, which needs no part to be readable."""


class TradingAccount(Model):
    """One exchange account that is traded while this object exists."""

    api_version: Literal["tradefleet.dev/v1alpha1"]
    kind: Literal["TradingAccount"]
    metadata: ObjectMeta
    spec: TradingAccountSpec
    status: ReadableStatus = None


class ReportedAccount(Model):
    """An account as far as it is reported, whatever its specification is like."""

    metadata: ObjectMeta
    status: ReadableStatus = None
