"""The plan of one TradingAccount."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from botapi.conditions import ConditionReason, ConditionType, Phase
from botoperator.reconcile.admission import Claim, claim_of, holder
from botoperator.reconcile.available import STARTING, runner_available
from botoperator.reconcile.children import plan_children
from botoperator.reconcile.notices import transition_notices
from botoperator.reconcile.plan import Observation, Plan
from botoperator.reconcile.ready import generation_words, is_taken_up, ready
from botoperator.reconcile.said import Said
from botoperator.reconcile.stalled import stalled
from botoperator.reconcile.status import operator_status, status_write
from botoperator.reconcile.steps import Step
from botoperator.reconcile.view import View, view_of
from botoperator.resources.stateful_set import is_supported
from botoperator.settings import Settings

_T = ConditionType


def plan_account(seen: Observation, settings: Settings, *, now: datetime) -> Plan:
    """What to do about an account and its children; ``now`` is aware.

    Never raises for what people or runners wrote into any object.
    """
    view = view_of(seen, now)
    if view.metadata.deletion_timestamp is not None:
        return _plan_end(view, settings)
    return _plan_life(view, settings)


def _plan_life(view: View, settings: Settings) -> Plan:
    steps = _steps(view, settings)
    own = claim_of(view.seen.account)
    rival = _rival(view, own)
    claim = own if rival is None else None
    said = _say(view, settings, rival, steps)
    write = status_write(view, operator_status(view, said, claim), claim)
    notices = [step.notice for step in steps if step.notice is not None]
    return Plan(
        applies=tuple(step.apply for step in steps if step.apply is not None),
        deletes=tuple(step.delete for step in steps if step.delete is not None),
        status=write,
        notices=(*notices, *transition_notices(view, said, write)),
        requeue_after=_soonest(view, [*said.values(), *steps]),
    )


def _plan_end(view: View, settings: Settings) -> Plan:
    """An account that is being deleted: its children go with it, by the garbage collector."""
    if view.status.phase is Phase.DELETING:
        return Plan()
    own = claim_of(view.seen.account)
    claim = own if own is not None and own.is_admitted else None
    said = _say(view, settings, None, ())
    return Plan(status=status_write(view, operator_status(view, said, claim), claim))


def _steps(view: View, settings: Settings) -> tuple[Step, ...]:
    # A specification that cannot be followed changes nothing: what runs goes on as it was.
    if view.account is None or not is_supported(view.account.spec, settings):
        return ()
    return plan_children(view, view.account, settings)


def _say(
    view: View, settings: Settings, rival: Claim | None, steps: Sequence[Step]
) -> dict[ConditionType, Said]:
    available = runner_available(view)
    obstacle = stalled(view, settings, rival, available)
    return {
        _T.READY: ready(view, obstacle, available),
        _T.RECONCILING: _reconciling(view, steps, obstacle, available),
        _T.STALLED: obstacle,
        _T.RUNNER_AVAILABLE: available,
    }


def _reconciling(view: View, steps: Sequence[Step], obstacle: Said, available: Said) -> Said:
    waits = [step.obstacle for step in steps if step.obstacle]
    message = view.seen.trouble or "; ".join(waits)
    if not message and not obstacle.holds:
        message = _what_is_under_way(view, available)
    if not message:
        return Said(holds=False)
    return Said(holds=True, reason=ConditionReason.PROGRESSING, message=message)


def _what_is_under_way(view: View, available: Said) -> str:
    if not available.holds:
        return STARTING
    if not is_taken_up(view) and not view.is_recovering:
        return generation_words(view)
    return ""


def _rival(view: View, own: Claim | None) -> Claim | None:
    """Who may trade the exchange account in place of this one; None where nobody does."""
    if own is None:
        return None
    others = [claim for claim in view.seen.claims if not _is_own(view, claim)]
    first = holder((own, *others), own.group)
    return first if first is not None and not _is_own(view, first) else None


def _is_own(view: View, claim: Claim) -> bool:
    return (claim.namespace, claim.name) == (view.metadata.namespace, view.metadata.name)


def _soonest(view: View, waiting: Sequence[Said | Step]) -> timedelta | None:
    times = [each.until for each in waiting if each.until is not None]
    return max(min(times) - view.now, timedelta(0)) if times else None
