"""Compares all that is known with the API server: once before anything is planned, then now and
then, because a watch that was interrupted never tells of what was deleted meanwhile.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Final

from botoperator.cluster.kinds import ACCOUNT, Kind, Scope
from botoperator.cluster.port import Cluster, ClusterError
from botoperator.context import Context
from botoperator.store import Record

INTERVAL_SECONDS: Final = 600.0
_SOON_SECONDS = 5.0
"""After a watch began anew: its own list is complete by then, and nothing falls between the two."""
_RETRY_SECONDS = 15.0


class Relist:
    """Lists everything of a scope and corrects the store."""

    def __init__(
        self,
        context: Context,
        cluster: Cluster,
        scope: Scope,
        namespaces: Sequence[str],
        *,
        interval_seconds: float = INTERVAL_SECONDS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """List in these namespaces, everywhere when there are none.

        Again every ``interval_seconds``, a tenth more or less by ``chance``, [0, 1).
        """
        self._context = context
        self._cluster = cluster
        self._scope = scope
        self._namespaces: tuple[str | None, ...] = tuple(namespaces) or (None,)
        self._interval = interval_seconds
        self._chance = chance
        self._wanted = asyncio.Event()

    def soon(self) -> None:
        """Ask for one within seconds: a watch began with a list, so deletions may be lost."""
        self._wanted.set()

    async def first(self) -> None:
        """List until it worked once; everything is due then."""
        await self._until_listed()
        roots = self._context.store.keys(self._scope.root.name)
        self._context.log.info("synced", kind=self._scope.root.name, found=len(roots))
        self._context.enqueue(roots)

    async def run(self) -> None:
        """List now and then, until cancelled; each time everything is due, at no cost but time."""
        while True:
            is_regular = await self._wait()
            await self._until_listed()
            if is_regular:
                self._context.enqueue(self._context.store.keys(self._scope.root.name))

    async def once(self) -> int:
        """List everything, correct the store, and give the number of lost deletions.

        Raises ClusterError where a list cannot be read to its end; what was read counts.
        """
        return await self._list(self._scope.kinds)

    async def roots(self) -> None:
        """List the accounts, or the feeds, alone. Raises ClusterError as `once` does."""
        await self._list((self._scope.root,))

    async def _until_listed(self) -> None:
        while not await self._try():
            await asyncio.sleep(_RETRY_SECONDS * (0.2 + 0.8 * self._chance()))

    async def _try(self) -> bool:
        try:
            lost = await self.once()
        except ClusterError as error:
            self._context.meters.relisted("error", 0)
            self._context.log.warning("relistFailed", message=str(error))
            return False
        self._context.meters.relisted("success", lost)
        if lost:
            self._context.log.warning("lostDeletions", found=lost)
        return True

    async def _wait(self) -> bool:
        seconds = self._interval * (0.9 + 0.2 * self._chance())
        try:
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
        except TimeoutError:
            return True
        await asyncio.sleep(_SOON_SECONDS)
        self._wanted.clear()
        return False

    async def _list(self, kinds: Sequence[Kind]) -> int:
        lost = 0
        with self._context.store.relisting():
            for kind in kinds:
                asked_at = self._context.now()
                for namespace in self._namespaces:
                    lost += await self._compare(kind, namespace)
                if kind == ACCOUNT:
                    self._context.accounts_listed_at = asked_at
        return lost

    async def _compare(self, kind: Kind, namespace: str | None) -> int:
        listed: set[str] = set()
        version = 0
        async for page in self._cluster.pages(kind, namespace):
            version = page.version
            for raw in page.items:
                listed.add(raw["metadata"]["uid"])
                # Most of a list is no news; a record is made of the rest only.
                if not self._context.store.has(raw):
                    self._context.saw(Record.of(raw))
        lost = self._context.store.lost(kind.name, kind.label, namespace, listed, version)
        for record in lost:
            self._context.gone(record.place, record.uid)
        return len(lost)
