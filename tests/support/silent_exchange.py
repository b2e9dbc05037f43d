"""An exchange that says what the test says in its name, and connects to nothing."""

import asyncio
from collections.abc import Iterable

from typing_extensions import override

from botrunner.exchanges.port import Listeners, PublicTopics
from botrunner.marketdata.delegate import DelegatedExchange
from support.feeds import NOWHERE, adapter


class SilentExchange(DelegatedExchange):
    """``told`` are its listeners; ``watched`` what it was told to watch, each time."""

    def __init__(self, listeners: Listeners) -> None:
        super().__init__(adapter(NOWHERE, listeners))
        self.told = listeners
        self.watched: list[tuple[str, ...]] = []

    @override
    def watch(self, symbols: Iterable[str], topics: PublicTopics = PublicTopics()) -> None:
        self.watched.append(tuple(symbols))

    @override
    async def run(self) -> None:
        await asyncio.Event().wait()
