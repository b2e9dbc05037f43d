"""From a scenario to what a simulator is started with."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from botrunner.domain.instrument import Instrument
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from botrunner.simulator.prices.errors import PriceFileError
from botrunner.simulator.prices.load import BUILTIN, load_recording, recorded_prices
from botrunner.simulator.prices.merge import MergedPrices, SymbolPrices
from botrunner.simulator.prices.quote import Spread
from botrunner.simulator.prices.script import ScriptPrices, Waypoint
from botrunner.simulator.prices.speed import SpedPrices
from botrunner.simulator.prices.walk import WalkPrices
from botrunner.simulator.scenario import (
    ContractSpec,
    PricesSpec,
    ScriptSpec,
    WalkSpec,
)
from botrunner.simulator.scenario_file import Location, ScenarioError, ScenarioFile
from botrunner.simulator.settings import SimulatorSettings

WALK_STARTS: Mapping[str, Decimal] = {
    "BTCUSDT": Decimal(60_000),
    "ETHUSDT": Decimal(3_000),
    "DOGEUSDT": Decimal("0.2"),
    "XRPUSDT": Decimal(2),
    "SOLUSDT": Decimal(150),
}
"""Where the walk of a default contract starts when nobody says."""

BUILTIN_PRICES: Mapping[str, PricesSpec] = {
    prices.symbol: prices
    for prices in (
        PricesSpec(symbol="BTCUSDT", recording=f"{BUILTIN}BTCUSDT-60m"),
        PricesSpec(symbol="ETHUSDT", walk=WalkSpec(start=WALK_STARTS["ETHUSDT"])),
        PricesSpec(symbol="DOGEUSDT", walk=WalkSpec(start=WALK_STARTS["DOGEUSDT"])),
        PricesSpec(symbol="XRPUSDT", recording=f"{BUILTIN}XRPUSDT-5m"),
        PricesSpec(symbol="SOLUSDT", walk=WalkSpec(start=WALK_STARTS["SOLUSDT"])),
    )
}
"""What a default contract's prices are when nobody says: recorded where we have a recording."""

_STEP_SECONDS = Decimal("0.5")
"""Real time between two steps of a symbol, where the scenario does not say."""
_CHANGEABLE = (
    "tick_size",
    "quantity_step",
    "min_quantity",
    "max_quantity",
    "max_market_quantity",
    "min_notional",
    "min_price",
    "max_price",
    "funding_interval_minutes",
)


def settings_for(file: ScenarioFile) -> SimulatorSettings:
    """Build contracts and prices; reads the recordings the scenario names.

    Raises ScenarioError by line and field, with the recording's own line where that is wrong.
    """
    scenario = file.scenario
    instruments = {each.symbol: each for each in _instruments(file)}
    prices = [_build_prices(file, *entry, instruments) for entry in _entries(file, instruments)]
    return SimulatorSettings(
        instruments=tuple(instruments.values()),
        source=MergedPrices(prices),
        initial_balance=scenario.initial_balance,
        balances={account.name: account.balance for account in scenario.accounts},
        funding_rates={
            each.symbol: each.funding_rate
            for each in scenario.instruments
            if each.funding_rate is not None
        },
        maker_fee_rate=scenario.fees.maker,
        taker_fee_rate=scenario.fees.taker,
        speed=scenario.speed,
        stepping=scenario.step,
        rate_limits=scenario.rate_limits,
    )


def _instruments(file: ScenarioFile) -> Iterator[Instrument]:
    scenario = file.scenario
    for position, contract in enumerate(scenario.instruments):
        yield _contract(file, ("instruments", position), contract)
    if scenario.instruments:
        return
    for position, prices in enumerate(scenario.prices):
        yield _contract(file, ("prices", position), ContractSpec(symbol=prices.symbol))
    if not scenario.prices:
        yield from DEFAULT_INSTRUMENTS.values()


def _contract(file: ScenarioFile, location: Location, contract: ContractSpec) -> Instrument:
    pattern = DEFAULT_INSTRUMENTS.get(contract.like or contract.symbol)
    if pattern is None:
        known = ", ".join(DEFAULT_INSTRUMENTS)
        field, name = ("like", contract.like) if contract.like else ("symbol", contract.symbol)
        problem = f"{name} is no default contract; take one of {known}"
        if field == "symbol":
            problem += ", or describe it under instruments with like: one of them"
        raise ScenarioError(file.complaint((*location, field), problem))
    base_coin = contract.symbol.removesuffix(pattern.quote_coin)
    changes = _changes(contract)
    instrument = replace(pattern, symbol=contract.symbol, base_coin=base_coin, **changes)
    _check_limits(file, location, instrument)
    return instrument


def _changes(contract: ContractSpec) -> dict[str, Any]:
    changes = {
        name: value for name in _CHANGEABLE if (value := getattr(contract, name)) is not None
    }
    # A coarser step would leave the pattern's least price or quantity off the grid.
    if contract.tick_size is not None:
        changes.setdefault("min_price", contract.tick_size)
    if contract.quantity_step is not None:
        changes.setdefault("min_quantity", contract.quantity_step)
    return changes


def _check_limits(file: ScenarioFile, location: Location, instrument: Instrument) -> None:
    pairs = (
        ("minPrice", instrument.min_price, "maxPrice", instrument.max_price),
        ("minQuantity", instrument.min_quantity, "maxQuantity", instrument.max_quantity),
    )
    for low_name, low, high_name, high in pairs:
        if low > high:
            problem = f"{low_name} ({low}) must be at most {high_name} ({high})"
            raise ScenarioError(file.complaint(location, problem))


def _entries(
    file: ScenarioFile, instruments: Mapping[str, Instrument]
) -> Iterator[tuple[Location, PricesSpec]]:
    given = {prices.symbol: place for place, prices in enumerate(file.scenario.prices)}
    for symbol, place in given.items():
        if symbol not in instruments:
            problem = f"{symbol} is not among the instruments; add it there or take it out here"
            raise ScenarioError(file.complaint(("prices", place, "symbol"), problem))
    for symbol in instruments:
        if symbol in given:
            yield ("prices", given[symbol]), file.scenario.prices[given[symbol]]
        elif symbol in BUILTIN_PRICES:
            yield ("prices",), BUILTIN_PRICES[symbol]
        else:
            problem = f"{symbol} has no built-in prices; add an entry for it"
            raise ScenarioError(file.complaint(("prices",), problem))


def _build_prices(
    file: ScenarioFile,
    location: Location,
    spec: PricesSpec,
    instruments: Mapping[str, Instrument],
) -> SymbolPrices:
    instrument = instruments[spec.symbol]
    prices = _source(file, location, spec, instrument)
    _check_first_price(file, location, prices, instrument)
    return prices if spec.speed == 1 else SpedPrices(prices=prices, speed=spec.speed)


def _source(
    file: ScenarioFile, location: Location, spec: PricesSpec, instrument: Instrument
) -> SymbolPrices:
    spread = Spread(spread_ticks=spec.spread_ticks, premium_ratio=spec.premium_ratio)
    step = _STEP_SECONDS * file.scenario.speed * spec.speed
    resolution = _span(spec.resolution_seconds or max(step, Decimal("0.001")))
    if spec.recording is not None:
        name = spec.recording
        path = name if name.startswith(BUILTIN) else str(file.folder / name)
        try:
            recording = load_recording(path)
            return recorded_prices(recording, instrument, resolution=resolution, spread=spread)
        except PriceFileError as error:
            field = (*location, "recording")
            raise ScenarioError(file.complaint(field, str(error))) from None
    if spec.walk is not None:
        interval = _span(spec.walk.interval_seconds or max(step, Decimal(1)))
        return _walk(spec.walk, instrument, file.scenario.seed, interval, spread)
    assert spec.script is not None  # PricesSpec has exactly one of the three
    return _script(spec.script, instrument, resolution, spread)


def _walk(
    spec: WalkSpec, instrument: Instrument, seed: int, interval: timedelta, spread: Spread
) -> SymbolPrices:
    return WalkPrices(
        instrument=instrument,
        start=spec.start,
        seed=seed,
        interval=interval,
        volatility_bps=spec.volatility_bps,
        band_ratio=spec.band_ratio,
        spread=spread,
    )


def _script(
    spec: ScriptSpec, instrument: Instrument, resolution: timedelta, spread: Spread
) -> SymbolPrices:
    waypoints = [
        Waypoint(
            at=_span(each.at_seconds),
            last=each.last,
            mark=each.mark,
            index=each.index,
            bid=each.bid,
            ask=each.ask,
            glide=each.glide,
        )
        for each in spec.waypoints
    ]
    return ScriptPrices(
        instrument=instrument,
        waypoints=waypoints,
        resolution=resolution,
        mirror=spec.mirror,
        spread=spread,
    )


def _check_first_price(
    file: ScenarioFile, location: Location, prices: SymbolPrices, instrument: Instrument
) -> None:
    first = next(prices.steps()).last
    if not instrument.min_price <= first <= instrument.max_price:
        problem = (
            f"{instrument.symbol} starts at {first}, outside its prices of "
            f"{instrument.min_price} to {instrument.max_price}"
        )
        raise ScenarioError(file.complaint(location, problem))


def _span(seconds: Decimal) -> timedelta:
    return timedelta(microseconds=int(seconds * 1_000_000))
