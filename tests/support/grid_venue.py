"""A small pure venue for the engine's tests: orders, fills, wallet; no clock, no IO.

One price per symbol stands for bid, ask, last and mark. A limit order that crosses at placing
fills at that price as taker; a resting one fills at its own price as maker when the price reaches
it. Faults are asked for by the caller, never drawn here.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from botrunner.domain import events as ev
from botrunner.domain.account import Wallet
from botrunner.domain.actions import AmendOrder, CancelOrder, PlaceOrder
from botrunner.domain.control import AccountRead, ReadOrder, SymbolRead
from botrunner.domain.ids import decode
from botrunner.domain.instrument import Instrument
from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.position import Position
from botrunner.domain.side import SIDES, Side
from botrunner.risk.margin import MarkedPosition, maintenance_margin, order_cost
from support.grid_contract import ZERO, Held, VenueOrder, instrument


@dataclass(slots=True, kw_only=True)
class GridVenue:
    """One account at the venue."""

    now: datetime
    cash: Decimal = Decimal(100_000)
    leverage: Decimal = Decimal(75)
    fees: FeeRates = field(
        default_factory=lambda: FeeRates(maker=Decimal("0.0002"), taker=Decimal("0.0002"))
    )
    instruments: dict[str, Instrument] = field(default_factory=lambda: {"XRPUSDT": instrument()})
    prices: dict[str, Decimal] = field(default_factory=dict)
    orders: dict[str, VenueOrder] = field(default_factory=dict)
    held: dict[tuple[str, Side], Held] = field(default_factory=dict)
    fills: list[ev.OrderFilled] = field(default_factory=list)
    funding: list[ev.FundingSettled] = field(default_factory=list)
    requests: list[PlaceOrder | AmendOrder | CancelOrder] = field(default_factory=list)
    fill_share: Decimal = Decimal(1)
    """How much of an order one touch fills."""

    def tick(self) -> datetime:
        """One millisecond later."""
        self.now += timedelta(milliseconds=1)
        return self.now

    # Requests

    def place(self, action: PlaceOrder) -> list[ev.OrderEvent | ev.AccountEvent]:
        """Take a new order or refuse it for want of money or of a position."""
        self.requests.append(action)
        market = self.prices[action.symbol]
        order = VenueOrder(
            order_id=action.order_id,
            symbol=action.symbol,
            side=action.side,
            reduces=action.reduce_only,
            price=action.price if action.price is not None else market,
            quantity=action.quantity,
            created_at=self.tick(),
        )
        if action.order_id in self.orders:
            return [self._rejected(action, ev.RefusalClass.OTHER, "duplicate order id")]
        if not order.reduces and self._cost(order) > self.available():
            return [self._rejected(action, ev.RefusalClass.MONEY, "ab not enough for new order")]
        if order.reduces and self._held(order).quantity == 0:
            return [self._rejected(action, ev.RefusalClass.OTHER, "position is zero")]
        self.orders[order.order_id] = order
        accepted = ev.OrderAccepted(order_id=order.order_id, at=self.now)
        if self._reached(order):
            return [accepted, *self._fill(order, market, self.fees.taker)]
        return [accepted, self._opened(order), self._wallet_changed()]

    def amend(self, action: AmendOrder) -> list[ev.OrderEvent | ev.AccountEvent]:
        """Change a resting order."""
        self.requests.append(action)
        self.tick()
        order = self.orders.get(action.order_id)
        if order is None or not order.is_open:
            return [
                ev.AmendRejected(
                    order_id=action.order_id,
                    at=self.now,
                    refusal=ev.RefusalClass.GONE,
                    message="order not exists or too late",
                )
            ]
        order.price, order.quantity = action.price, action.quantity
        accepted = ev.AmendAccepted(order_id=order.order_id, at=self.now)
        if order.quantity <= order.filled:
            order.is_open = False
            return [accepted, self._completed(order), self._wallet_changed()]
        opened = self._opened(order)
        if self._reached(order):
            market = self.prices[order.symbol]
            return [accepted, opened, *self._fill(order, market, self.fees.taker)]
        return [accepted, opened, self._wallet_changed()]

    def cancel(self, action: CancelOrder) -> list[ev.OrderEvent | ev.AccountEvent]:
        """Cancel a resting order; by its client order id where it has one of ours."""
        self.requests.append(action)
        self.tick()
        order = self.orders.get(action.order_id)
        is_foreign = decode(action.order_id) is None
        if order is None or not order.is_open or action.foreign is not is_foreign:
            return [
                ev.CancelRejected(
                    order_id=action.order_id,
                    at=self.now,
                    refusal=ev.RefusalClass.GONE,
                    message="order not exists or too late",
                )
            ]
        order.is_open = False
        return [
            ev.CancelAccepted(order_id=order.order_id, at=self.now),
            ev.OrderCancelled(order_id=order.order_id, at=self.now, filled=order.filled),
            self._wallet_changed(),
        ]

    # Market

    def move(self, symbol: str, price: Decimal) -> list[ev.OrderEvent | ev.AccountEvent]:
        """Move the price; what it reaches on its way fills, nearest first."""
        start = self.prices.get(symbol, price)
        reached: list[ev.OrderEvent | ev.AccountEvent] = []
        self.prices[symbol] = price
        resting = [o for o in self.orders.values() if o.is_open and o.symbol == symbol]
        for order in sorted(resting, key=lambda o: abs(o.price - start)):
            if order.is_open and self._reached(order):
                reached.extend(self._fill(order, order.price, self.fees.maker))
        return reached

    def fill_part(self, order_id: str, quantity: Decimal) -> list[ev.OrderEvent | ev.AccountEvent]:
        """Somebody takes a part of a resting order, whatever the price."""
        order = self.orders[order_id]
        return self._execute(order, min(quantity, order.remaining), order.price, self.fees.maker)

    def pay_funding(self, symbol: str, rate: Decimal) -> list[ev.FundingSettled]:
        """Settle funding: a positive rate is paid by longs to shorts."""
        settled = []
        for side in SIDES:
            held = self.held.get((symbol, side), Held())
            if held.quantity == 0:
                continue
            paid = side.sign * held.quantity * self.prices[symbol] * rate
            self.cash -= paid
            event = ev.FundingSettled(
                symbol=symbol,
                side=side,
                paid=paid,
                execution_id=f"f{len(self.funding)}",
                at=self.tick(),
            )
            self.funding.append(event)
            settled.append(event)
        return settled

    # Reads

    def quote(self, symbol: str) -> ev.QuoteChanged:
        price = self.prices[symbol]
        return ev.QuoteChanged(
            symbol=symbol, quote=Quote(bid=price, ask=price, last=price, mark=price, at=self.now)
        )

    def wallet(self) -> Wallet:
        """Cross margin by the venue's formulas; what is available never goes below zero."""
        profit = sum((p.unrealised_pnl(self.prices[p.symbol]) for p in self.positions()), ZERO)
        margin, maintenance = self._margins()
        balance = self.cash + profit
        rate = maintenance / balance if balance > 0 else Decimal(9)
        return Wallet(
            equity=balance,
            margin_balance=balance,
            available=max(balance - margin, ZERO),
            initial_margin=margin,
            maintenance_margin=maintenance,
            maintenance_margin_rate=rate,
            unrealised_pnl=profit,
            at=self.now,
        )

    def available(self) -> Decimal:
        return self.wallet().available

    def positions(self) -> list[Position]:
        return [
            Position(
                symbol=symbol,
                side=side,
                quantity=held.quantity,
                average_price=held.notional / held.quantity,
                leverage=self.leverage,
            )
            for (symbol, side), held in self.held.items()
            if held.quantity > 0
        ]

    def read_symbol(self, token: int, symbol: str) -> SymbolRead:
        mine = [o for o in self.orders.values() if o.symbol == symbol]
        return SymbolRead(
            token=token,
            symbol=symbol,
            positions=tuple(p for p in self.positions() if p.symbol == symbol),
            open_orders=tuple(self._read(o) for o in mine if o.is_open),
            orders=tuple(self._read(o) for o in mine if not o.is_open),
            fills=tuple(f for f in self.fills if f.symbol == symbol),
            funding=tuple(f for f in self.funding if f.symbol == symbol),
            at=self.tick(),
        )

    def read_account(self, token: int) -> AccountRead:
        started_at = self.tick()
        return AccountRead(
            token=token,
            started_at=started_at,
            positions=tuple(self.positions()),
            open_orders=tuple(self._read(o) for o in self.orders.values() if o.is_open),
            wallet=self.wallet(),
            at=self.tick(),
        )

    def read_order(self, order_id: str) -> list[ev.OrderEvent]:
        """The order's events as a read by id tells them, executions first."""
        self.tick()
        order = self.orders.get(order_id)
        if order is None:
            return [ev.OrderNotFound(order_id=order_id, at=self.now)]
        told: list[ev.OrderEvent] = [f for f in self.fills if f.order_id == order_id]
        if order.is_open:
            return [*told, self._opened(order)]
        if order.remaining == 0:
            return [*told, self._completed(order)]
        cancelled = ev.OrderCancelled(order_id=order_id, at=self.now, filled=order.filled)
        return [*told, cancelled]

    def open_orders(self) -> list[VenueOrder]:
        return [order for order in self.orders.values() if order.is_open]

    # Inside

    def _held(self, order: VenueOrder) -> Held:
        return self.held.setdefault((order.symbol, order.side), Held())

    def _reached(self, order: VenueOrder) -> bool:
        market = self.prices[order.symbol]
        return order.price >= market if order.buys() else order.price <= market

    def _fill(
        self, order: VenueOrder, price: Decimal, fee: Decimal
    ) -> list[ev.OrderEvent | ev.AccountEvent]:
        step = self.instruments[order.symbol].quantity_step
        part = (order.remaining * self.fill_share // step) * step
        return self._execute(order, max(part, step), price, fee)

    def _execute(
        self, order: VenueOrder, quantity: Decimal, price: Decimal, fee_rate: Decimal
    ) -> list[ev.OrderEvent | ev.AccountEvent]:
        if order.reduces:
            quantity = min(quantity, self._held(order).quantity)
        if quantity == 0:
            order.is_open = False
            cancelled = ev.OrderCancelled(
                order_id=order.order_id, at=self.tick(), filled=order.filled
            )
            return [cancelled]
        fee = quantity * price * fee_rate
        self._book(order, quantity, price, fee)
        filled = ev.OrderFilled(
            order_id=order.order_id,
            execution_id=f"x{len(self.fills)}",
            symbol=order.symbol,
            side=order.side,
            reduces=order.reduces,
            quantity=quantity,
            price=price,
            fee=fee,
            at=self.tick(),
        )
        self.fills.append(filled)
        state = self._opened(order) if order.is_open else self._completed(order)
        return [filled, state, self._position_changed(order), self._wallet_changed()]

    def _book(self, order: VenueOrder, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        held = self._held(order)
        self.cash -= fee
        if order.reduces:
            cost = held.notional * quantity / held.quantity
            self.cash += order.side.sign * (quantity * price - cost)
            held.quantity -= quantity
            held.notional = held.notional - cost if held.quantity else ZERO
        else:
            held.quantity += quantity
            held.notional += quantity * price
        order.filled += quantity
        order.is_open = order.remaining > 0
        self._trim(order)

    def _trim(self, order: VenueOrder) -> None:
        """Reduce-only orders of a side that is flat are gone, silently as far as fills go."""
        if order.reduces and self._held(order).quantity == 0:
            order.is_open = False

    def _margins(self) -> tuple[Decimal, Decimal]:
        initial, maintenance = ZERO, ZERO
        for position in self.positions():
            mark = self.prices[position.symbol]
            value = position.quantity * position.average_price
            closing = Decimal(1) - position.side.sign / self.leverage
            initial += position.quantity * mark / self.leverage + value * closing * self.fees.taker
            maintenance += maintenance_margin(
                MarkedPosition(
                    position=position,
                    mark=mark,
                    instrument=self.instruments[position.symbol],
                    taker_fee=self.fees.taker,
                )
            )
        entries = (o for o in self.open_orders() if not o.reduces)
        return initial + sum((self._cost(o) for o in entries), ZERO), maintenance

    def _cost(self, order: VenueOrder) -> Decimal:
        value = order.remaining * order.price
        return order_cost(order.side, value, self.leverage, self.fees.taker)

    def _read(self, order: VenueOrder) -> ReadOrder:
        return ReadOrder(
            order_id=order.order_id,
            symbol=order.symbol,
            side=order.side,
            reduces=order.reduces,
            price=order.price,
            quantity=order.quantity,
            filled=order.filled,
            is_open=order.is_open,
            created_at=order.created_at,
        )

    def _opened(self, order: VenueOrder) -> ev.OrderOpened:
        return ev.OrderOpened(
            order_id=order.order_id,
            at=self.now,
            symbol=order.symbol,
            side=order.side,
            reduces=order.reduces,
            quantity=order.quantity,
            price=order.price,
            filled=order.filled,
            created_at=order.created_at,
        )

    def _completed(self, order: VenueOrder) -> ev.OrderEvent:
        if order.remaining > 0:
            return ev.OrderCancelled(order_id=order.order_id, at=self.now, filled=order.filled)
        return ev.OrderCompleted(order_id=order.order_id, at=self.now, filled=order.filled)

    def _position_changed(self, order: VenueOrder) -> ev.PositionChanged:
        held = self._held(order)
        average = held.notional / held.quantity if held.quantity else ZERO
        position = Position(
            symbol=order.symbol,
            side=order.side,
            quantity=held.quantity,
            average_price=average,
            leverage=self.leverage,
        )
        return ev.PositionChanged(position=position, at=self.now)

    def _wallet_changed(self) -> ev.WalletChanged:
        return ev.WalletChanged(wallet=self.wallet())

    def _rejected(
        self, action: PlaceOrder, refusal: ev.RefusalClass, message: str
    ) -> ev.OrderRejected:
        return ev.OrderRejected(
            order_id=action.order_id, at=self.now, refusal=refusal, message=message
        )
