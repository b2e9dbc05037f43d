"""Facts from around the trading: parameters, people, connections, settings."""

from dataclasses import replace

from botrunner.domain.control import (
    AccountPolled,
    AccountRead,
    Block,
    BlockLifted,
    BlockSet,
    EmergencyAcknowledged,
    EpochClaimed,
    InstrumentRead,
    ParametersChanged,
    PersonStopSet,
    PersonStopTakenBack,
    PositionsUnreadable,
    PrivateStreamAttemptFailed,
    PrivateStreamLost,
    PrivateStreamRestored,
    ReadFailed,
    RunnerStarted,
    SettingApplied,
    SettingLost,
    SettingRefused,
    SymbolRead,
    TransfersRead,
)
from botrunner.domain.parameters import OnRemove, StrategyParameters
from botrunner.engine import day, preparation, reconcile, recovery, stop, strangers
from botrunner.engine.absorb import absorb
from botrunner.engine.state import EngineState, Run
from botrunner.strategies.grid.state import with_emptied_closed


@absorb.register
def _(event: RunnerStarted, state: EngineState) -> None:
    state.parameters = event.parameters
    state.day = event.day
    # Those that retire come first: theirs is the symbol, and the name, until they are gone.
    for parameters in sorted(event.parameters.strategies, key=lambda each: not each.retiring):
        if parameters.name in state.runs:
            continue
        run = recovery.new_run(parameters, event.applied.get(parameters.name))
        if parameters.retiring:
            _retire(run, event.parameters.on_remove)
        run.hold_id = event.holds.get(parameters.name, "")
        state.runs[run.name] = run
        recovery.begin_if_ready(state, run)
    if event.stop is not None:
        stop.put_in_force(state, event.stop)
    reconcile.ask(state)


@absorb.register
def _(event: ParametersChanged, state: EngineState) -> None:
    policy = state.policy
    state.parameters = event.parameters
    stop.follow_policy(state, policy)
    listed = {(each.name, each.symbol) for each in event.parameters.strategies}
    for run in state.runs.values():
        if (run.name, run.symbol) not in listed:
            _retire(run, event.parameters.on_remove)
    for parameters in event.parameters.strategies:
        _take_parameters(state, parameters)


@absorb.register
def _(event: InstrumentRead, state: EngineState) -> None:
    symbol = event.instrument.symbol
    state.instruments[symbol], state.fees[symbol] = event.instrument, event.fees
    run = state.run_of_symbol(symbol)
    if run is not None:
        recovery.begin_if_ready(state, run)
        run.dirty = True


@absorb.register
def _(event: SettingApplied, state: EngineState) -> None:
    run = state.run_of_symbol(event.symbol)
    if run is not None:
        preparation.applied(state, run, event)
        run.dirty = True


@absorb.register
def _(event: SettingRefused, state: EngineState) -> None:
    run = state.run_of_symbol(event.symbol)
    if run is not None:
        preparation.refused(state, run, event)
        run.dirty = True


@absorb.register
def _(event: SettingLost, state: EngineState) -> None:
    for run in state.runs.values():
        preparation.lost(state, run, event.setting)
        run.dirty = True


@absorb.register
def _(event: PersonStopSet, state: EngineState) -> None:
    stop.person_stops(state, event.reason)


@absorb.register
def _(event: PersonStopTakenBack, state: EngineState) -> None:
    if stop.person_takes_back(state):
        _recover_all(state)


@absorb.register
def _(event: EmergencyAcknowledged, state: EngineState) -> None:
    if stop.acknowledge(state, event.emergency_id):
        _recover_all(state)


@absorb.register
def _(event: PrivateStreamLost, state: EngineState) -> None:
    state.stream_up = False
    state.stream_lost_at = state.stream_lost_at or state.now
    state.stream_attempts = 0


@absorb.register
def _(event: PrivateStreamAttemptFailed, state: EngineState) -> None:
    state.stream_attempts += 1


@absorb.register
def _(event: PrivateStreamRestored, state: EngineState) -> None:
    state.stream_up, state.stream_lost_at, state.stream_attempts = True, None, 0
    state.unreconciled = True
    reconcile.ask(state)


@absorb.register
def _(event: AccountPolled, state: EngineState) -> None:
    state.polled_at = state.now
    for run in state.runs.values():
        run.dirty = run.dirty or run.waits


@absorb.register
def _(event: BlockSet, state: EngineState) -> None:
    state.blocks.add(event.block)
    if event.block is Block.CREDENTIALS:
        stop.blind(state, "the venue refused the key")


@absorb.register
def _(event: BlockLifted, state: EngineState) -> None:
    state.blocks.discard(event.block)
    for run in state.runs.values():
        run.dirty = True


@absorb.register
def _(event: EpochClaimed, state: EngineState) -> None:
    if event.epoch > state.epoch:
        strangers.fence(state, event.epoch)


@absorb.register
def _(event: PositionsUnreadable, state: EngineState) -> None:
    state.unreadable = f"positions cannot be read: {event.message}"
    stop.blind(state, state.unreadable)


@absorb.register
def _(event: SymbolRead, state: EngineState) -> None:
    for run in state.runs.values():
        if run.token == event.token and run.symbol == event.symbol:
            recovery.complete(state, run, event)


@absorb.register
def _(event: AccountRead, state: EngineState) -> None:
    reconcile.compare(state, event)


@absorb.register
def _(event: TransfersRead, state: EngineState) -> None:
    day.complete(state, event)


@absorb.register
def _(event: ReadFailed, state: EngineState) -> None:
    recovery.read_failed(state, event)
    reconcile.read_failed(state, event)
    day.read_failed(state, event)


def _retire(run: Run, on_remove: OnRemove) -> None:
    run.retiring, run.dirty = True, True
    run.flatten = on_remove is OnRemove.FLATTEN


def _take_parameters(state: EngineState, parameters: StrategyParameters) -> None:
    run = state.runs.get(parameters.name)
    if run is None:
        state.runs[parameters.name] = run = recovery.new_run(parameters)
        recovery.begin_if_ready(state, run)
        return
    if run.symbol != parameters.symbol:
        return  # Another strategy under the name of one that retires: it waits (give_way).
    before, run.parameters = run.parameters, parameters
    run.retiring, run.flatten, run.dirty = parameters.retiring, False, True
    if before.grid.take_profit_ratio != parameters.grid.take_profit_ratio:
        for side in (run.grid.long, run.grid.short):
            run.grid = run.grid.with_side(replace(side, exit_price=None))
    if run.hold_id and parameters.acknowledged_hold == run.hold_id:
        run.hold_id, run.hold_since = "", None
        run.grid = with_emptied_closed(run.grid, state.now)


def _recover_all(state: EngineState) -> None:
    for run in state.runs.values():
        if state.run_of_symbol(run.symbol) is run:
            recovery.begin(state, run)
    reconcile.ask(state)
