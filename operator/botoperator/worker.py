"""Works the queue off: so many accounts at once, each by one attempt at a time."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from botoperator.attempt import Verdict
from botoperator.cluster.port import UnavailableError
from botoperator.context import Context
from botoperator.store import Key

_OUTAGE_SECONDS = 15.0
"""Most that a retry waits while the API server does not answer: it comes back for all at once."""


class Workers:
    """Takes what is due and gives it back with what came of it."""

    def __init__(
        self,
        context: Context,
        attempt: Callable[[Key], Awaitable[Verdict]],
        *,
        most: int = 20,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Work on ``most`` keys at once; ``chance`` gives the jitter of a retry, [0, 1)."""
        self._context = context
        self._attempt = attempt
        self._slots = asyncio.Semaphore(most)
        self._chance = chance

    async def run(self) -> None:
        """Work until cancelled; what is under way then is cancelled too."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._slots.acquire()
                key = await self._next()
                group.create_task(self._work(key), name=f"attempt {key}")

    async def _next(self) -> Key:
        queue, due = self._context.queue, self._context.due
        while True:
            due.clear()
            if (key := queue.take(self._context.seconds())) is not None:
                return key
            try:
                async with asyncio.timeout_at(queue.next_at()):
                    await due.wait()
            except TimeoutError:
                pass

    async def _work(self, key: Key) -> None:
        started = self._context.seconds()
        result = "retry"
        try:
            result = self._after(key, await self._attempt(key))
        except Exception as error:
            # A fault of ours with one account: said with its stack, and the others go on.
            self._context.log.error("attemptFailed", cause=error, **key.log_fields)
            self._context.meters.failed(type(error).__name__)
            self._retry(key)
        finally:
            self._context.queue.done(key)
            self._context.due.set()
            self._slots.release()
            self._context.meters.worked(result, self._context.seconds() - started)

    def _after(self, key: Key, verdict: Verdict) -> str:
        queue, now = self._context.queue, self._context.seconds()
        if verdict.again:
            queue.add(key, now)
        failure = verdict.failure
        if failure is not None:
            is_outage = isinstance(failure, UnavailableError)
            wait = self._retry(key, least=failure.retry_after, is_outage=is_outage)
            if not is_outage:
                self._context.log.warning(
                    "retry", **key.log_fields, message=str(failure), seconds=round(wait, 3)
                )
            return "retry"
        queue.forget(key)
        if verdict.later is not None:
            queue.add_after(key, verdict.later.total_seconds(), now)
        return "again" if verdict.again else "success"

    def _retry(self, key: Key, *, least: float = 0, is_outage: bool = False) -> float:
        return self._context.queue.retry(
            key,
            self._context.seconds(),
            self._chance(),
            least=least,
            most=_OUTAGE_SECONDS if is_outage else float("inf"),
        )
