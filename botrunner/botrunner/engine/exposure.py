"""What the account has at stake, as the checks of risk want it."""

from collections.abc import Iterator
from decimal import Decimal

from botrunner.domain.order import Order, OrderState, Pending
from botrunner.domain.precision import ZERO
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.engine.state import EngineState, Run
from botrunner.risk.allowance import Allowance, Claim, free_money
from botrunner.risk.checks import Exposure, OpenSide
from botrunner.risk.margin import order_cost


def entries_of(state: EngineState, run: Run) -> list[Order]:
    """A strategy's entries that rest or are on their way."""
    orders = state.live_orders(run.name)
    return [order for order in orders if order.purpose is Purpose.ENTRY and not order.is_final]


def side_values(state: EngineState, run: Run) -> dict[Side, Decimal]:
    """Per side: value of what is filled and of what rests, USDT."""
    values = {side: run.grid.side(side).holding.notional for side in SIDES}
    for order in entries_of(state, run):
        values[order.side] += _value(order)
    return values


def exposure_beside(state: EngineState, run: Run, granted: Decimal) -> Exposure:
    """The account's exposure; ``granted`` is what other strategies were granted in this step."""
    of_symbol = sum(side_values(state, run).values(), ZERO)
    of_account = of_symbol + granted
    for other in state.runs.values():
        if other is not run:
            of_account += sum(side_values(state, other).values(), ZERO)
    owned = {each.symbol for each in state.runs.values()}
    for (symbol, _), position in state.positions.items():
        if symbol not in owned:
            of_account += position.quantity * position.average_price
    return Exposure(
        open_sides=frozenset(_open_sides(state)), of_symbol=of_symbol, of_account=of_account
    )


def allowance_of(state: EngineState) -> Allowance:
    """The money of this step. Without a wallet there is none (PR-2)."""
    if state.wallet is None:
        return Allowance(ZERO)
    promised = sum((_promised(state, run) for run in state.runs.values()), ZERO)
    ratio = state.parameters.risk.balance_buffer_ratio
    return Allowance(free_money(state.wallet, ratio, promised))


def claims_of(state: EngineState, run: Run) -> tuple[Claim, ...]:
    """What each resting entry holds; given up for lower levels if need be.

    What a request is in flight for cannot be given up now, unless it is its cancel.
    """
    return tuple(
        Claim(level=order.level, cost=_cost(state, run, order))
        for order in entries_of(state, run)
        if not order.in_flight or order.pending is Pending.CANCEL
    )


def _promised(state: EngineState, run: Run) -> Decimal:
    """Entries that the wallet's available balance cannot have taken off yet."""
    orders = (order for order in entries_of(state, run) if not _in_wallet(state, order))
    return sum((_cost(state, run, order) for order in orders), ZERO)


def _in_wallet(state: EngineState, order: Order) -> bool:
    if order.state in (OrderState.SENT, OrderState.UNKNOWN) or order.acknowledged_at is None:
        return False
    return state.wallet is not None and state.wallet.at >= order.acknowledged_at


def _cost(state: EngineState, run: Run, order: Order) -> Decimal:
    """With the taker fee: what is on its way may still trade at once."""
    fee = state.fees[run.symbol].taker
    return order_cost(order.side, _value(order), run.grid.applied.leverage, fee)


def _value(order: Order) -> Decimal:
    return order.remaining * (order.price or ZERO)


def _open_sides(state: EngineState) -> Iterator[OpenSide]:
    for key, position in state.positions.items():
        if position.quantity > 0:
            yield key
    for run in state.runs.values():
        for side in SIDES:
            if not run.grid.side(side).holding.is_flat:
                yield (run.symbol, side)
        for order in entries_of(state, run):
            yield (run.symbol, order.side)
