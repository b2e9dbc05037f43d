"""The venue in process, behind the words of the engine: an action in, domain events out.

The real matching and the real ledger, without a wire between: what the simulator serves over
sockets, for tests and benchmarks that need every event in one order.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from botrunner.domain import actions as act
from botrunner.domain import events as ev
from botrunner.domain.account import Wallet
from botrunner.domain.control import (
    AccountRead,
    Event,
    InstrumentRead,
    ReadOrder,
    Setting,
    SettingApplied,
    SymbolRead,
    TransfersRead,
)
from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.position import Position
from botrunner.domain.side import Side
from botrunner.simulator.price_source import PriceStep
from botrunner.venue import commands as cmd
from botrunner.venue import events as happened
from botrunner.venue.exchange import Venue
from botrunner.venue.records import Execution, OrderSnapshot
from botrunner.venue.refusals import RefusalReason
from botrunner.venue.views import PositionView
from botrunner.venue.vocabulary import (
    OPEN_STATUSES,
    ExecutionType,
    OrderStatus,
    OrderType,
    PositionIdx,
    PositionMode,
)
from botrunner.venue.vocabulary import Side as OrderSide

Reads = act.ReadSymbol | act.ReadAccount | act.ReadWallet | act.ReadTransfers | act.ResolveOrder

ACCOUNT = "alice"
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
_INDEX = {Side.LONG: PositionIdx.LONG, Side.SHORT: PositionIdx.SHORT}
_SIDE = {index: side for side, index in _INDEX.items()}
_REFUSALS = {
    RefusalReason.INSUFFICIENT_BALANCE: ev.RefusalClass.MONEY,
    RefusalReason.ORDER_NOT_FOUND: ev.RefusalClass.GONE,
    RefusalReason.REDUCE_ONLY_NO_POSITION: ev.RefusalClass.GONE,
    RefusalReason.AMEND_UNCHANGED: ev.RefusalClass.NOT_MODIFIED,
}


class VenueDoor:
    """One account in hedge mode at a venue of its own; every call is one millisecond later."""

    def __init__(self, instruments: Iterable[Instrument], balance: Decimal) -> None:
        self.instruments = {each.symbol: each for each in instruments}
        self.venue = Venue(self.instruments.values())
        self.now = MIDNIGHT
        self.fills: list[ev.OrderFilled] = []
        self.funding: list[ev.FundingSettled] = []
        self.refused: list[RefusalReason] = []
        self.sent = 0
        self._do(cmd.OpenAccount(account=ACCOUNT, balance=balance))

    # The world

    def step(self, step: PriceStep) -> list[Event]:
        """The price moves, at the step's offset since midnight: the quote, and what it filled."""
        self.now = max(self.now, MIDNIGHT + step.offset)
        move = cmd.MovePrice(
            symbol=step.symbol,
            last=step.last,
            mark=step.mark,
            index=step.index,
            bid=step.bid,
            ask=step.ask,
        )
        filled = self._do(move)
        return [self.quote(step.symbol), *filled]

    def settle_funding(self, symbol: str, rate: Decimal) -> list[Event]:
        """Charge funding now."""
        return self._do(cmd.SettleFunding(symbol=symbol, rate=rate))

    # What is read

    def quote(self, symbol: str) -> ev.QuoteChanged:
        prices = self.venue.prices(symbol)
        assert prices is not None and prices.bid is not None and prices.ask is not None
        quote = Quote(
            bid=prices.bid, ask=prices.ask, last=prices.last, mark=prices.mark, at=self.now
        )
        return ev.QuoteChanged(symbol=symbol, quote=quote)

    def contract(self, symbol: str) -> InstrumentRead:
        fees = self.venue.account(ACCOUNT).fees
        rates = FeeRates(maker=fees.maker, taker=fees.taker)
        return InstrumentRead(at=self.now, instrument=self.instruments[symbol], fees=rates)

    def open_orders(self, symbol: str | None = None) -> tuple[OrderSnapshot, ...]:
        return self.venue.open_orders(ACCOUNT, symbol)

    def earned(self) -> Decimal:
        """Results - fees + funding since the account was opened, by the venue's ledger."""
        return self.venue.wallet(ACCOUNT).realised_pnl

    # What the engine asks

    def carry_out(self, action: act.OrderAction | act.Command) -> list[Event]:
        """The answer to a request, then what the private stream says."""
        match action:
            case act.PlaceOrder() | act.AmendOrder() | act.CancelOrder():
                self.sent += 1
                return self._send(action)
            case act.ApplySetting():
                return [self._apply(action)]
            case act.RecordStop() | act.ClearStop() | act.Notify():
                return []
            case _:
                return self._read(action)

    def _read(self, action: Reads) -> list[Event]:
        match action:
            case act.ReadSymbol():
                return [self._read_symbol(action)]
            case act.ReadAccount():
                return [self._read_account(action)]
            case act.ReadWallet():
                return [self._wallet_changed()]
            case act.ReadTransfers():
                at = self._tick()
                return [TransfersRead(token=action.token, transfers=(), until=at, at=at)]
            case act.ResolveOrder():
                return self._resolve(action)

    def _resolve(self, action: act.ResolveOrder) -> list[Event]:
        order_id = action.order_id
        found = self.venue.order(ACCOUNT, link_id=order_id)
        if found is None:
            return [ev.OrderNotFound(order_id=order_id, at=self._tick())]
        return [*(fill for fill in self.fills if fill.order_id == order_id), _order_event(found)]

    def _send(self, action: act.OrderAction) -> list[Event]:
        command, order_id = _command(action), action.order_id
        at = self._tick()
        outcome = self.venue.handle(command, at=at)
        if outcome.refusal is not None:
            self.refused.append(outcome.refusal.reason)
            refusal = _REFUSALS.get(outcome.refusal.reason, ev.RefusalClass.OTHER)
            return [_refused(action, at, refusal, outcome.refusal.reason.value)]
        match action:
            case act.PlaceOrder():
                answer: Event = ev.OrderAccepted(order_id=order_id, at=at)
            case act.AmendOrder():
                answer = ev.AmendAccepted(order_id=order_id, at=at)
            case act.CancelOrder():
                answer = ev.CancelAccepted(order_id=order_id, at=at)
        return [answer, *self._told(outcome.events)]

    def _apply(self, action: act.ApplySetting) -> SettingApplied:
        symbol, value = action.symbol, action.value
        match action.setting:
            case Setting.HEDGE_MODE:
                mode = PositionMode.HEDGE
                self._do(cmd.SwitchMode(account=ACCOUNT, symbol=symbol, mode=mode))
            case Setting.LEVERAGE:
                self._do(cmd.SetLeverage(account=ACCOUNT, symbol=symbol, buy=value, sell=value))
            case Setting.CROSS_MARGIN:
                pass  # How every account of this venue begins.
        return SettingApplied(symbol=symbol, setting=action.setting, value=value, at=self._tick())

    def _read_symbol(self, action: act.ReadSymbol) -> SymbolRead:
        symbol = action.symbol
        closed = self.venue.closed_orders(ACCOUNT)
        return SymbolRead(
            token=action.token,
            symbol=symbol,
            positions=self._positions(symbol),
            open_orders=tuple(_read(order) for order in self.open_orders(symbol)),
            orders=tuple(_read(order) for order in closed if order.symbol == symbol),
            fills=tuple(fill for fill in self.fills if fill.symbol == symbol),
            funding=tuple(each for each in self.funding if each.symbol == symbol),
            at=self._tick(),
        )

    def _read_account(self, action: act.ReadAccount) -> AccountRead:
        return AccountRead(
            token=action.token,
            started_at=self._tick(),
            positions=self._positions(),
            open_orders=tuple(_read(order) for order in self.open_orders()),
            wallet=self._wallet(),
            at=self._tick(),
        )

    def _positions(self, symbol: str | None = None) -> tuple[Position, ...]:
        found = self.venue.positions(ACCOUNT, symbol)
        return tuple(_position(each) for each in found if each.size != 0)

    def _wallet(self) -> Wallet:
        view = self.venue.wallet(ACCOUNT)
        assert view.total_available_usd is not None
        return Wallet(
            equity=view.total_equity_usd,
            margin_balance=view.total_margin_balance_usd,
            available=view.total_available_usd,
            initial_margin=view.total_initial_margin_usd or Decimal(0),
            maintenance_margin=view.total_maintenance_margin_usd or Decimal(0),
            maintenance_margin_rate=view.maintenance_margin_rate or Decimal(0),
            unrealised_pnl=view.total_unrealised_pnl_usd,
            at=self.now,
        )

    # What happened, as the engine hears it

    def _do(self, command: cmd.Command) -> list[Event]:
        outcome = self.venue.handle(command, at=self._tick())
        return self._told(outcome.events)

    def _told(self, events: Iterable[happened.Event]) -> list[Event]:
        return [told for each in events if (told := self._event(each)) is not None]

    def _event(self, event: happened.Event) -> Event | None:
        match event:
            case happened.OrderChanged(order=order):
                return _order_event(order)
            case happened.Executed(execution=execution):
                return self._executed(execution)
            case happened.PositionChanged(symbol=symbol, position_idx=index):
                if index is PositionIdx.NET:
                    return None
                view = self.venue.position(ACCOUNT, symbol, index)
                return ev.PositionChanged(position=_position(view), at=self.now)
            case happened.WalletChanged():
                return self._wallet_changed()
            case _:
                return None

    def _executed(self, execution: Execution) -> ev.OrderFilled | ev.FundingSettled:
        side = _SIDE[execution.position_idx]
        if execution.execution_type is ExecutionType.FUNDING:
            settled = ev.FundingSettled(
                symbol=execution.symbol,
                side=side,
                paid=execution.fee,
                execution_id=execution.execution_id,
                at=execution.at,
            )
            self.funding.append(settled)
            return settled
        filled = ev.OrderFilled(
            order_id=execution.link_id or execution.order_id,
            execution_id=execution.execution_id,
            symbol=execution.symbol,
            side=side,
            reduces=(execution.side is OrderSide.BUY) is not (side is Side.LONG),
            quantity=execution.quantity,
            price=execution.price,
            fee=execution.fee,
            at=execution.at,
        )
        self.fills.append(filled)
        return filled

    def _wallet_changed(self) -> ev.WalletChanged:
        self._tick()
        return ev.WalletChanged(wallet=self._wallet())

    def _tick(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def _command(action: act.OrderAction) -> cmd.OrderCommand:
    match action:
        case act.PlaceOrder():
            buys = (action.side is Side.LONG) is not action.purpose.reduces
            return cmd.PlaceOrder(
                account=ACCOUNT,
                symbol=action.symbol,
                side=OrderSide.BUY if buys else OrderSide.SELL,
                order_type=OrderType.LIMIT if action.price is not None else OrderType.MARKET,
                quantity=action.quantity,
                price=action.price,
                position_idx=_INDEX[action.side],
                link_id=action.order_id,
                reduce_only=action.reduce_only,
            )
        case act.AmendOrder():
            return cmd.AmendOrder(
                account=ACCOUNT,
                symbol=action.symbol,
                link_id=action.order_id,
                quantity=action.quantity,
                price=action.price,
            )
        case act.CancelOrder():
            return cmd.CancelOrder(account=ACCOUNT, symbol=action.symbol, link_id=action.order_id)


def _refused(
    action: act.OrderAction, at: datetime, refusal: ev.RefusalClass, message: str
) -> ev.OrderEvent:
    order_id = action.order_id
    match action:
        case act.PlaceOrder():
            return ev.OrderRejected(order_id=order_id, at=at, refusal=refusal, message=message)
        case act.AmendOrder():
            return ev.AmendRejected(order_id=order_id, at=at, refusal=refusal, message=message)
        case act.CancelOrder():
            return ev.CancelRejected(order_id=order_id, at=at, refusal=refusal, message=message)


def _order_event(order: OrderSnapshot) -> ev.OrderEvent:
    order_id, at, filled = order.link_id or order.order_id, order.updated_at, order.filled_quantity
    if order.status in OPEN_STATUSES:
        read = _read(order)
        return ev.OrderOpened(
            order_id=order_id,
            at=at,
            symbol=read.symbol,
            side=read.side,
            reduces=read.reduces,
            quantity=read.quantity,
            price=read.price,
            filled=filled,
            created_at=order.created_at,
        )
    if order.status is OrderStatus.FILLED:
        return ev.OrderCompleted(order_id=order_id, at=at, filled=filled)
    return ev.OrderCancelled(order_id=order_id, at=at, filled=filled)


def _read(order: OrderSnapshot) -> ReadOrder:
    side = _SIDE[order.position_idx]
    return ReadOrder(
        order_id=order.link_id or order.order_id,
        symbol=order.symbol,
        side=side,
        reduces=(order.side is OrderSide.BUY) is not (side is Side.LONG),
        price=order.price,
        quantity=order.quantity,
        filled=order.filled_quantity,
        is_open=order.status in OPEN_STATUSES,
        created_at=order.created_at,
    )


def _position(view: PositionView) -> Position:
    return Position(
        symbol=view.symbol,
        side=_SIDE[view.position_idx],
        quantity=abs(view.size),
        average_price=view.entry_price,
        leverage=view.leverage,
    )
