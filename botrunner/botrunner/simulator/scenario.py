"""What a simulation is made of, as people write it in a scenario file.

Percentages do not occur: rates are fractions (0.0001 is 0.01 %), money is USDT, spans are seconds.
Spans of prices (``intervalSeconds``, ``atSeconds`` of waypoints) are source time, which runs
``speed`` times as fast as the clock; spans of faults are real time.
"""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Rate = Annotated[Decimal, Field(gt=-1, lt=1, allow_inf_nan=False)]
Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}USDT$")]
AccountName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid"
    )


class ContractSpec(_Part):
    """A contract that is traded: one of the defaults, changed where a field is given."""

    symbol: Symbol
    like: Symbol | None = None
    """The default contract to start from, for a symbol that is none itself."""
    tick_size: Positive | None = None
    quantity_step: Positive | None = None
    min_quantity: Positive | None = None
    max_quantity: Positive | None = None
    max_market_quantity: Positive | None = None
    min_notional: NotNegative | None = None
    min_price: Positive | None = None
    max_price: Positive | None = None
    funding_interval_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    funding_rate: Rate | None = None
    """Fraction of the position value per interval; longs pay a positive one."""


class WalkSpec(_Part):
    """A seeded random walk."""

    start: Positive
    volatility_bps: NotNegative = Decimal(2)
    """The largest move of one second of source time, in hundredths of a percent of the price."""
    band_ratio: Annotated[Decimal, Field(gt=0, lt=1)] = Decimal("0.2")
    interval_seconds: Annotated[Decimal, Field(ge=Decimal("0.001"))] | None = None
    """Source time between two steps; where not given half a real second, at least 1 second."""


class WaypointSpec(_Part):
    """A price at a moment of a script."""

    at_seconds: NotNegative
    last: Positive
    mark: Positive | None = None
    index: Positive | None = None
    bid: Positive | None = None
    ask: Positive | None = None
    glide: bool = False

    @model_validator(mode="after")
    def _check_quotes(self) -> Self:
        if self.bid is not None and self.ask is not None and self.bid >= self.ask:
            raise ValueError(f"bid ({self.bid}) must be below ask ({self.ask})")
        return self


class ScriptSpec(_Part):
    """Waypoints, and what comes after the last one."""

    waypoints: tuple[WaypointSpec, ...]
    mirror: bool = False
    """Run back and forth instead of holding the last price."""

    @model_validator(mode="after")
    def _check_moments(self) -> Self:
        moments = [waypoint.at_seconds for waypoint in self.waypoints]
        if not moments:
            raise ValueError("needs at least one waypoint, at 0 seconds")
        if moments[0] != 0:
            raise ValueError(f"waypoints[0].atSeconds must be 0, is {moments[0]}")
        for position, moment in enumerate(moments[1:], start=1):
            if moment <= moments[position - 1]:
                raise ValueError(
                    f"waypoints[{position}].atSeconds must be greater than the one before it "
                    f"({moments[position - 1]}), is {moment}"
                )
        return self


class PricesSpec(_Part):
    """Where the prices of one symbol come from: exactly one of recording, walk and script."""

    symbol: Symbol
    recording: Annotated[str, Field(min_length=1)] | None = None
    """A file of candles or order-book frames, relative to the scenario's folder, or
    ``builtin:<name>``."""
    walk: WalkSpec | None = None
    script: ScriptSpec | None = None
    speed: Positive = Decimal(1)
    """Times the scenario's own speed, for this symbol."""
    resolution_seconds: Annotated[Decimal, Field(ge=Decimal("0.001"))] | None = None
    """Source time between two steps of a candle or a glide; half a real second where not given."""
    spread_ticks: Annotated[int, Field(ge=1)] = 1
    premium_ratio: Rate = Decimal("0.0001")
    """How far the index lies below the last price, a fraction of it."""

    @model_validator(mode="after")
    def _check_one_source(self) -> Self:
        given = [name for name in ("recording", "walk", "script") if getattr(self, name)]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"needs exactly one of recording, walk and script; has {found}")
        return self


class AccountSpec(_Part):
    """An account whose balance differs from the others'."""

    name: AccountName
    """The account of the keys ``sim-<name>`` and ``sim-<name>-secret``."""
    balance: NotNegative


class FaultSpec(_Part):
    """A call of the control API, made by the simulator itself at its time."""

    after_seconds: NotNegative
    """Real time since the simulator began to listen."""
    command: Annotated[str, Field(min_length=1)]
    """The last part of the call's path."""
    body: dict[str, Any] = Field(default_factory=dict)


class FeesSpec(_Part):
    """Fractions of the executed value; a negative maker rate is a rebate."""

    maker: Rate = Decimal("0.0002")
    taker: Rate = Decimal("0.00055")


class Scenario(_Part):
    """One simulation; every field has a default."""

    seed: int = 1
    speed: Positive = Decimal(1)
    """Source seconds per real second."""
    step: bool = False
    """Start paused: prices move only when the control API says so."""
    initial_balance: NotNegative = Decimal(10_000)
    rate_limits: bool = True
    fees: FeesSpec = FeesSpec()
    instruments: tuple[ContractSpec, ...] = ()
    """What is traded; where not given, the symbols of ``prices``, else the five defaults."""
    prices: tuple[PricesSpec, ...] = ()
    """A default contract without an entry has the built-in prices."""
    accounts: tuple[AccountSpec, ...] = ()
    faults: tuple[FaultSpec, ...] = ()

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        _refuse_repeats("instruments", "symbol", [each.symbol for each in self.instruments])
        _refuse_repeats("prices", "symbol", [each.symbol for each in self.prices])
        _refuse_repeats("accounts", "name", [each.name for each in self.accounts])
        return self


def _refuse_repeats(field: str, key: str, names: list[str]) -> None:
    for position, name in enumerate(names):
        if name in names[:position]:
            raise ValueError(f"{field}[{position}].{key}: {name} is there twice; keep one")
