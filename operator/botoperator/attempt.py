"""One attempt to bring an account or a feed to where its plan says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from botapi.labels import FEED_KIND
from botoperator.cluster.execute import Executor, Outcome
from botoperator.cluster.port import ClusterError, RejectedError, RetryableError, UnavailableError
from botoperator.context import Context
from botoperator.reconcile.account import plan_account
from botoperator.reconcile.feed import plan_feed
from botoperator.reconcile.plan import FeedObservation, Observation, Plan
from botoperator.store import Key

_PASSING = frozenset({409})
"""Statuses that the next attempt mends by itself: nothing to tell a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to come after an attempt."""

    failure: ClusterError | None = None
    """Why there has to be another one, in a while."""
    again: bool = False
    """Whether there has to be another one at once: the cluster is another since the plan."""
    later: timedelta | None = None
    """When to look again though nothing happens."""


class Attempts:
    """Plans and carries out, for one key at a time."""

    def __init__(
        self, context: Context, executor: Executor, list_accounts: Callable[[], Awaitable[None]]
    ) -> None:
        """Share the context; the executor's answers go into it.

        ``list_accounts`` reads all accounts anew into the context; it raises ClusterError.
        """
        self._context = context
        self._executor = executor
        self._list_accounts = list_accounts
        self._admitting = asyncio.Lock()

    async def attempt(self, key: Key) -> Verdict:
        """Do what there is to do for one key; raises only what is a fault of this program."""
        if key.kind == FEED_KIND:
            return await self._attempt_feed(key)
        seen = self._context.observe(key)
        if seen is None:
            return self._nothing(key)
        plan = self._plan(seen)
        if plan.status is not None and plan.status.admits:
            return await self._admit(key)
        return self._verdict(key, plan, await self._executor.execute(plan, seen.account))

    async def _admit(self, key: Key) -> Verdict:
        # Two accounts of one exchange account must not both be admitted, each by a plan that does
        # not know of the other's write: so nobody else plans an admission until this one is known.
        async with self._admitting:
            seen = self._context.observe(key)
            if seen is None:
                return self._nothing(key)
            plan = self._plan(seen)
            outcome = await self._executor.execute(plan, seen.account)
            if outcome.unavailable is not None:
                await self._read_again(key)
        return self._verdict(key, plan, outcome)

    async def _read_again(self, key: Key) -> None:
        while True:
            try:
                raw = await self._executor.cluster.get(key.place)
            except UnavailableError as error:
                await asyncio.sleep(max(1.0, error.retry_after))
                continue
            except ClusterError as error:
                self._context.log.warning("notReadAgain", **key.log_fields, message=str(error))
                return
            if raw is not None:
                self._context.refresh(raw)
            return

    async def _attempt_feed(self, key: Key) -> Verdict:
        if not self._context.knows_feeds:
            return Verdict()  # all of them are due once they are known
        seen = self._context.observe_feed(key)
        if seen is None:
            return self._nothing(key)
        plan = self._plan_feed(seen)
        if plan.needs_fresh_list:
            try:
                await self._list_accounts()
            except ClusterError as error:
                return Verdict(failure=error)
            seen = self._context.observe_feed(key)
            if seen is None:
                return self._nothing(key)
            plan = self._plan_feed(seen)
        return self._verdict(key, plan, await self._executor.execute(plan, seen.feed or {}))

    def _plan(self, seen: Observation) -> Plan:
        return plan_account(seen, self._context.settings, now=self._context.now())

    def _plan_feed(self, seen: FeedObservation) -> Plan:
        return plan_feed(seen, self._context.settings, now=self._context.now())

    def _nothing(self, key: Key) -> Verdict:
        self._context.troubles.pop(key, None)
        return Verdict()

    def _verdict(self, key: Key, plan: Plan, outcome: Outcome) -> Verdict:
        self._log(key, plan, outcome)
        is_news = self._note_trouble(key, outcome)
        retryable = next((f for f in outcome.failures if isinstance(f, RetryableError)), None)
        return Verdict(
            failure=outcome.unavailable or retryable,
            again=outcome.changed or is_news,
            later=plan.requeue_after,
        )

    def _note_trouble(self, key: Key, outcome: Outcome) -> bool:
        # What a person has to hear of goes into the status, by the next plan.
        if outcome.unavailable is not None:
            return False
        told = [str(f) for f in outcome.failures if f.status not in _PASSING]
        before, trouble = self._context.troubles.pop(key, ""), "; ".join(told)
        if trouble:
            self._context.troubles[key] = trouble
        return trouble != before

    def _log(self, key: Key, plan: Plan, outcome: Outcome) -> None:
        log = self._context.log
        for failure in outcome.failures:
            self._context.meters.failed(type(failure).__name__)
            if isinstance(failure, RejectedError):
                log.warning("rejected", **key.log_fields, message=str(failure))
        for lost in outcome.lost:
            log.warning("eventLost", **key.log_fields, message=str(lost))
        if plan.applies or plan.deletes or plan.status:
            log.info(
                "carriedOut",
                **key.log_fields,
                applied=[apply.manifest["kind"] for apply in plan.applies],
                deleted=[f"{delete.kind}/{delete.name}" for delete in plan.deletes],
                status=plan.status is not None,
                failures=len(outcome.failures),
            )
