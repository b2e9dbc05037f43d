"""Recovery: forget, read, rebuild, and let the one comparison do the rest (GR-41 to GR-43).

Rule 1: a strategy that recovers sends nothing. It is protected again when its read is in.
Rule 2: what happens while the reads run makes them worthless; the sixth disturbance is a stop.
"""

from botrunner.domain.actions import Notify, ReadSymbol
from botrunner.domain.control import ReadFailed, ReadOrder, SymbolRead
from botrunner.domain.emergency import StopCause
from botrunner.domain.ids import decode
from botrunner.domain.order import Order, OrderState
from botrunner.domain.parameters import AppliedGrid, StrategyParameters
from botrunner.domain.side import Side
from botrunner.engine.state import EngineState, Phase, Run
from botrunner.engine.stop import engage
from botrunner.strategies.grid.adopt import Found, adopt
from botrunner.strategies.grid.rebuild import History, Rebuilt, rebuild
from botrunner.strategies.grid.state import GridState, fresh, with_emptied_closed

MAX_RESTARTS = 5


def begin(state: EngineState, run: Run) -> None:
    """Forget what is known of a strategy and ask the venue. A read under way is dropped.

    Without the instrument's steps nothing can be rebuilt: then InstrumentRead begins it.
    """
    run.phase = Phase.RECOVERING
    run.token = 0
    if run.symbol not in state.instruments:
        return
    run.token, run.begun_at = state.next_token(), state.now
    run.refusals.clear()
    run.retries.clear()
    run.differs_since = run.uneven_since = run.exposed_since = None
    run.dirty = True
    state.outbox.append(ReadSymbol(token=run.token, symbol=run.symbol))


def new_run(parameters: StrategyParameters, applied: AppliedGrid | None = None) -> Run:
    """A strategy that nothing is known of yet, but the values that were applied last."""
    return Run(parameters=parameters, grid=fresh(applied or parameters.grid.wanted))


def begin_if_ready(state: EngineState, run: Run) -> None:
    """Recovery begins once, and not while a retiring strategy still has the symbol (KU-27)."""
    first = state.run_of_symbol(run.symbol) is run
    if first and run.phase is Phase.RECOVERING and run.token == 0:
        begin(state, run)


def give_way(state: EngineState, run: Run) -> None:
    """A strategy is gone; one that waited for its symbol begins, and one that waited for its name.

    Two strategies of one name would not know their orders apart.
    """
    del state.runs[run.name]
    heir = state.run_of_symbol(run.symbol)
    if heir is not None:
        begin(state, heir)
    for parameters in state.parameters.strategies:
        is_namesake = parameters.name == run.name and parameters.symbol != run.symbol
        if is_namesake and not parameters.retiring:
            state.runs[run.name] = namesake = new_run(parameters)
            begin_if_ready(state, namesake)


def disturb(state: EngineState, run: Run) -> None:
    """Something happened on the symbol: a recovery under way begins again (GR-43).

    What is told in one moment, as when a gap was read (EX-9), disturbs once.
    """
    if run.phase is not Phase.RECOVERING or run.token == 0:
        return
    if run.begun_at is None or state.now > run.begun_at:
        run.restarts += 1
    if run.restarts > MAX_RESTARTS:
        reason = f"{run.symbol} did not hold still for {MAX_RESTARTS + 1} reads"
        engage(state, StopCause.INVARIANT, reason, symbol=run.symbol)
        run.restarts = 0
    begin(state, run)


def complete(state: EngineState, run: Run, read: SymbolRead) -> None:
    """Rebuild the strategy from the read and let it trade."""
    run.token, run.restarts, run.read_retry = 0, 0, None
    _take_positions(state, read)
    _take_orders(state, run, read)
    for fill in read.fills:
        state.executions[fill.execution_id] = None
    for funding in read.funding:
        state.executions[funding.execution_id] = None
    rebuilt = _rebuilt(state, run, read)
    _take_hold(state, run, rebuilt)
    run.grid = rebuilt.state
    if not run.hold_id:
        run.grid = with_emptied_closed(run.grid, state.now)
    if run.grid.is_flat:
        run.grid = fresh(run.parameters.grid.wanted.within(state.instruments[run.symbol]))
    run.grid = _adopted(state, run)
    run.phase = Phase.TRADING
    run.recovered_at = state.now
    run.dirty = run.changed = True


def read_failed(state: EngineState, event: ReadFailed) -> None:
    """Until a read is in, nothing is sent; it is asked again after a while."""
    for run in state.runs.values():
        if run.token == event.token:
            run.token = 0
            run.read_retry = state.retry_read(run.read_retry)


def ask_again(state: EngineState) -> None:
    """The reads that failed, once their time has come."""
    for run in state.runs.values():
        if run.phase is not Phase.RECOVERING or run.token or run.read_retry is None:
            continue
        if state.now >= run.read_retry.at:
            begin(state, run)
        else:
            state.wake(run.read_retry.at)


def _rebuilt(state: EngineState, run: Run, read: SymbolRead) -> Rebuilt:
    sizes = {order.order_id: order.quantity for order in (*read.orders, *read.open_orders)}
    positions = {p.side: p for p in read.positions if p.symbol == run.symbol}
    history = History(
        fills=read.fills, funding=read.funding, order_quantities=sizes, positions=positions
    )
    return rebuild(run.name, run.grid.applied, state.instruments[run.symbol], history)


def _take_hold(state: EngineState, run: Run, rebuilt: Rebuilt) -> None:
    run.approximated = bool(rebuilt.approximated)
    if rebuilt.approximated:
        sides = " and ".join(side.value for side in rebuilt.approximated)
        text = f"{run.name}: the history of {sides} does not add up to the position"
        state.outbox.append(Notify(reason="RecoveredApproximately", message=text))
    hold_id = rebuilt.hold_id or run.hold_id
    if hold_id and hold_id != run.parameters.acknowledged_hold:
        run.hold_id, run.hold_since = hold_id, run.hold_since or state.now
    else:
        run.hold_id, run.hold_since = "", None


def _take_positions(state: EngineState, read: SymbolRead) -> None:
    for side in Side:
        state.positions.pop((read.symbol, side), None)
    for position in read.positions:
        state.positions[(position.symbol, position.side)] = position
    for side in Side:
        state.positions_at[(read.symbol, side)] = read.at


def _take_orders(state: EngineState, run: Run, read: SymbolRead) -> None:
    """Adopt what rests. A placement whose end is open stays until a fact ends it."""
    final = {order.order_id for order in read.orders}
    for order in [o for o in state.orders.values() if o.symbol == run.symbol]:
        unresolved = order.state in (OrderState.SENT, OrderState.UNKNOWN)
        if not unresolved or order.order_id in final:
            state.orders.remove(order.order_id)
            state.inquiries.pop(order.order_id, None)
    for found in read.open_orders:
        identity = decode(found.order_id)
        if identity is None or identity.strategy != run.name:
            continue
        state.orders.put(adopted_order(run, found))
        state.inquiries.pop(found.order_id, None)


def adopted_order(run: Run, found: ReadOrder) -> Order:
    """An open order of an earlier life, or one that a read knows better than we do."""
    identity = decode(found.order_id)
    if identity is None:
        raise ValueError(f"order_id: {found.order_id!r} is none of ours")
    return Order(
        order_id=found.order_id,
        symbol=found.symbol,
        strategy=run.name,
        side=identity.side,
        purpose=identity.purpose,
        level=identity.level,
        quantity=found.quantity,
        price=found.price,
        state=OrderState.OPEN,
        filled=found.filled,
        reported_filled=found.filled,
        created_at=found.created_at,
        acknowledged_at=found.created_at,
        requested_at=found.created_at,
    )


def _adopted(state: EngineState, run: Run) -> GridState:
    found = tuple(
        Found(
            side=order.side,
            purpose=order.purpose,
            level=order.level,
            price=order.price,
            quantity=order.quantity,
            created_at=order.created_at,
        )
        for order in state.live_orders(run.name)
        if order.price  # A price that a read does not tell, or calls zero, says nothing.
    )
    return adopt(
        run.grid,
        found,
        run.parameters.grid,
        state.fees[run.symbol],
        state.instruments[run.symbol],
    )
