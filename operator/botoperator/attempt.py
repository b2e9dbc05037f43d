"""One attempt to bring an account to where its plan says."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from botapi.labels import ACCOUNT_KIND
from botoperator.cluster.execute import Executor, Outcome
from botoperator.cluster.port import ClusterError, RejectedError, RetryableError, UnavailableError
from botoperator.context import Context
from botoperator.reconcile.account import plan_account
from botoperator.reconcile.plan import Observation, Plan
from botoperator.store import Key, Place

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
    """Plans and carries out, one account at a time."""

    def __init__(self, context: Context, executor: Executor) -> None:
        """Share the context; the executor's answers go into it."""
        self._context = context
        self._executor = executor
        self._admitting = asyncio.Lock()

    async def attempt(self, key: Key) -> Verdict:
        """Do what there is to do for one account; raises only what is a fault of this program."""
        seen = self._context.observe(key)
        if seen is None:
            self._context.troubles.pop(key, None)
            return Verdict()
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
                return Verdict()
            plan = self._plan(seen)
            outcome = await self._executor.execute(plan, seen.account)
            if outcome.unavailable is not None:
                await self._read_again(key)
        return self._verdict(key, plan, outcome)

    async def _read_again(self, key: Key) -> None:
        place = Place(ACCOUNT_KIND, key.namespace, key.name)
        while True:
            try:
                raw = await self._executor.cluster.get(place)
            except UnavailableError as error:
                await asyncio.sleep(max(1.0, error.retry_after))
                continue
            except ClusterError as error:
                self._context.log.warning("notReadAgain", account=str(key), message=str(error))
                return
            if raw is not None:
                self._context.put(raw)
            return

    def _plan(self, seen: Observation) -> Plan:
        return plan_account(seen, self._context.settings, now=self._context.now())

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
                log.warning("rejected", account=str(key), message=str(failure))
        for lost in outcome.lost:
            log.warning("eventLost", account=str(key), message=str(lost))
        if plan.applies or plan.deletes or plan.status:
            log.info(
                "carriedOut",
                account=str(key),
                applied=[apply.manifest["kind"] for apply in plan.applies],
                deleted=[f"{delete.kind}/{delete.name}" for delete in plan.deletes],
                status=plan.status is not None,
                failures=len(outcome.failures),
            )
