"""An exchange that asks another one for everything: what a wrapper is made from."""

from collections.abc import Iterable

from typing_extensions import override

from botrunner.domain.actions import (
    AmendOrder,
    ApplySetting,
    CancelOrder,
    PlaceOrder,
    ReadAccount,
    ReadSymbol,
    ReadTransfers,
    ResolveOrder,
)
from botrunner.domain.control import Event, InstrumentRead
from botrunner.domain.events import OrderEvent, WalletChanged
from botrunner.domain.traits import VenueTraits
from botrunner.exchanges.market_data import CandleChanged
from botrunner.exchanges.port import Exchange, FeedLimits, Guard, KeyInformation, PublicTopics


class DelegatedExchange(Exchange):
    """Everything is ``inner``'s."""

    def __init__(self, inner: Exchange) -> None:
        self._inner = inner

    @property
    @override
    def traits(self) -> VenueTraits:
        return self._inner.traits

    @override
    async def place(self, order: PlaceOrder, *, may_send: Guard) -> OrderEvent:
        return await self._inner.place(order, may_send=may_send)

    @override
    async def amend(self, order: AmendOrder, *, may_send: Guard) -> OrderEvent:
        return await self._inner.amend(order, may_send=may_send)

    @override
    async def cancel(self, order: CancelOrder, *, may_send: Guard) -> OrderEvent:
        return await self._inner.cancel(order, may_send=may_send)

    @override
    async def resolve(self, order: ResolveOrder) -> tuple[OrderEvent, ...]:
        return await self._inner.resolve(order)

    @override
    async def read_symbol(self, action: ReadSymbol) -> Event:
        return await self._inner.read_symbol(action)

    @override
    async def read_account(self, action: ReadAccount) -> tuple[Event, ...]:
        return await self._inner.read_account(action)

    @override
    async def read_wallet(self) -> WalletChanged:
        return await self._inner.read_wallet()

    @override
    async def read_transfers(self, action: ReadTransfers) -> Event:
        return await self._inner.read_transfers(action)

    @override
    async def apply_setting(self, action: ApplySetting) -> Event:
        return await self._inner.apply_setting(action)

    @override
    async def read_instrument(self, symbol: str) -> InstrumentRead:
        return await self._inner.read_instrument(symbol)

    @override
    async def read_key(self) -> KeyInformation:
        return await self._inner.read_key()

    @override
    async def read_candles(
        self, symbol: str, interval: str, limit: int
    ) -> tuple[CandleChanged, ...]:
        return await self._inner.read_candles(symbol, interval, limit)

    @override
    async def measure_clock(self) -> float:
        return await self._inner.measure_clock()

    @override
    def watch(self, symbols: Iterable[str], topics: PublicTopics = PublicTopics()) -> None:
        self._inner.watch(symbols, topics)

    @override
    def set_request_timeout(self, seconds: float) -> None:
        self._inner.set_request_timeout(seconds)

    @override
    def set_feed_limits(self, limits: FeedLimits) -> None:
        self._inner.set_feed_limits(limits)

    @override
    async def run(self) -> None:
        await self._inner.run()

    @override
    async def close(self) -> None:
        await self._inner.close()
