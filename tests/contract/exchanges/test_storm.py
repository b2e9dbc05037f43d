"""A storm of faults, and then: what was told is what happened (EX-2, EX-9)."""

import random
from collections.abc import AsyncIterator
from decimal import Decimal as D

import pytest
import pytest_asyncio

from botrunner.domain.actions import ResolveOrder
from botrunner.domain.events import (
    CancelOutcomeUnknown,
    OrderCancelled,
    OrderCompleted,
    OrderEvent,
    OrderFilled,
    OrderNotFound,
    OrderOpened,
    OrderOutcomeUnknown,
)
from botrunner.domain.side import Side
from contract.exchanges.conftest import StandingPrices
from contract.exchanges.desk import CANCEL, CREATE, SYMBOL, Desk
from support.simulator import running_simulator

STEPS = 60
FAULTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("lose-acknowledgement", {"path": CREATE}),
    ("lose-acknowledgement", {"path": CANCEL}),
    ("answer", {"path": CREATE, "httpStatus": 503}),
    ("answer", {"path": CREATE, "httpStatus": 502, "afterAcceptance": True}),
    ("answer", {"path": CREATE, "code": 10006, "resetAfterSeconds": 0.05}),
    ("answer", {"path": CREATE, "code": 10016, "afterAcceptance": True}),
    ("answer", {"path": CANCEL, "code": 10000, "afterAcceptance": True}),
    ("delay", {"path": "/v5/order/realtime", "milliseconds": 50}),
    ("cut", {"stream": "private", "how": "abort"}),
    ("cut", {"stream": "private", "how": "close"}),
)
Told = dict[str, OrderEvent]


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    """A desk at a simulator of its own, without rate limits."""
    with running_simulator(source=StandingPrices(), rate_limits=False) as simulator:
        ready = Desk(simulator, "storm")
        await ready.start(SYMBOL)
        yield ready
        await ready.stop()


class Storm:
    """Trades while things go wrong, all by one seed."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self._desk = desk
        self._chance = random.Random(seed)
        self.sent: list[str] = []
        self.resolved: list[OrderEvent] = []

    async def step(self) -> None:
        """One thing happens."""
        happening = self._chance.choices(
            (self._place, self._cancel, self._move, self._break), weights=(5, 2, 2, 3)
        )[0]
        await happening()

    async def settle(self) -> None:
        """Nothing is broken any more, and what is uncertain is read."""
        before = len(self._desk.events)
        await self._desk.command("clear")
        await self._desk.command("cut", account=self._desk.name, stream="private")
        await self._desk.until("PrivateStreamRestored", after=before)
        for order_id in self.sent:
            await self._resolve(order_id)

    async def _place(self) -> None:
        side = self._chance.choice(list(Side))
        price = self._chance.choice((None, "0.48", "0.4990", "0.5010", "0.52"))
        order = self._desk.order(price, str(self._chance.randint(20, 200)), side=side)
        self.sent.append(order.order_id)
        if isinstance(await self._desk.place(order), OrderOutcomeUnknown):
            await self._resolve(order.order_id)

    async def _cancel(self) -> None:
        if self.sent:
            order_id = self._chance.choice(self.sent)
            if isinstance(await self._desk.cancel(order_id), CancelOutcomeUnknown):
                await self._resolve(order_id)

    async def _move(self) -> None:
        last = D(self._chance.randint(4_900, 5_100)) / 10_000
        tick = D("0.0001")
        await self._desk.price(str(last), bid=str(last - tick), ask=str(last + tick))

    async def _break(self) -> None:
        name, body = self._chance.choice(FAULTS)
        await self._desk.command(name, account=self._desk.name, **body)

    async def _resolve(self, order_id: str) -> None:
        events = await self._desk.exchange.resolve(ResolveOrder(order_id=order_id, symbol=SYMBOL))
        assert events, f"{order_id} could not be read"
        self.resolved += events


def last_told(events: list[OrderEvent]) -> Told:
    states = (OrderOpened, OrderCompleted, OrderCancelled, OrderNotFound)
    return {event.order_id: event for event in events if isinstance(event, states)}


@pytest.mark.parametrize("seed", range(4))
async def test_after_a_storm_what_was_told_is_what_happened(desk: Desk, seed: int) -> None:
    """XC-80: every fill, once and right; every order's end; nothing sent twice."""
    storm = Storm(desk, seed)
    for _ in range(STEPS):
        await storm.step()
    await storm.settle()
    ledger = await desk.ledger()
    fills = {e.execution_id: e for e in desk.events if isinstance(e, OrderFilled)}
    told = last_told(storm.resolved)
    created = [request["body"]["orderLinkId"] for request in await desk.received(CREATE)]

    assert {key: (fill.quantity, fill.price) for key, fill in fills.items()} == {
        one["executionId"]: (D(one["quantity"]), D(one["price"])) for one in ledger["executions"]
    }
    assert {one["linkId"] for one in ledger["openOrders"]} == _ids(told, OrderOpened)
    assert {one["linkId"] for one in ledger["closedOrders"]} == _ids(told, OrderCompleted) | _ids(
        told, OrderCancelled
    )
    assert len(created) - len(set(created)) == _repeated_after_a_limit(await _outcomes(desk))


def _ids(told: Told, kind: type[OrderEvent]) -> set[str]:
    return {order_id for order_id, event in told.items() if isinstance(event, kind)}


async def _outcomes(desk: Desk) -> list[int]:
    return [request["retCode"] for request in await desk.received(CREATE)]


def _repeated_after_a_limit(outcomes: list[int]) -> int:
    return outcomes.count(10006)
