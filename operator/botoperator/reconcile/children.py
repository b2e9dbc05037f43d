"""What is to be done about an account's children and its pod."""

from collections.abc import Iterator
from typing import Final

from botapi.conditions import ConditionType
from botapi.v1alpha1.account import TradingAccount
from botoperator.reconcile.notices import NoticeReason
from botoperator.reconcile.ownership import parent_account
from botoperator.reconcile.plan import Notice
from botoperator.reconcile.replacement import is_outdated, may_replace
from botoperator.reconcile.steps import Step, child_step, delete_of, find_child, taken_words
from botoperator.reconcile.view import View
from botoperator.resources.children import build_children
from botoperator.settings import Settings

_REPLACED: Final = "the pod is being replaced"


def plan_children(view: View, account: TradingAccount, settings: Settings) -> tuple[Step, ...]:
    """The steps towards what we want, in order; none is taken while a stranger has a name."""
    parent = parent_account(view.metadata)
    pairs = [
        (find_child(view.seen.children, manifest), manifest)
        for manifest in build_children(account, settings)
    ]
    for live, wanted in pairs:
        if text := taken_words(live, wanted, parent):
            return (_taken(view, text),)
    hold = _hold(view)
    steps = (
        child_step(live, wanted, parent, hold=hold if wanted["kind"] == "StatefulSet" else "")
        for live, wanted in pairs
    )
    return (*(step for step in steps if step is not None), *_pod(view))


def _taken(view: View, text: str) -> Step:
    before = view.condition(ConditionType.RECONCILING)
    if before is not None and before.message == text:
        return Step(obstacle=text)
    notice = Notice(reason=NoticeReason.NAME_TAKEN.value, message=text, is_warning=True)
    return Step(obstacle=text, notice=notice)


def _hold(view: View) -> str:
    # A StatefulSet that goes takes its pod with it.
    if view.pod is None:
        return ""
    verdict = may_replace(view, view.pod)
    return "" if verdict.may_go else verdict.why


def _pod(view: View) -> Iterator[Step]:
    pod = view.pod
    if pod is None or not is_outdated(pod, view.stateful_set):
        return
    if pod.is_terminating:
        yield Step(obstacle=_REPLACED)
        return
    verdict = may_replace(view, pod)
    if not verdict.may_go:
        yield Step(obstacle=f"to replace the pod: {verdict.why}", until=verdict.until)
        return
    raw = next(each for each in view.seen.pods if each["metadata"]["name"] == pod.name)
    text = f"the pod {pod.name} is replaced, for its template changed; {verdict.why}"
    notice = Notice(reason=NoticeReason.POD_REPLACED.value, message=text)
    yield Step(delete=delete_of(raw), notice=notice, obstacle=_REPLACED)
