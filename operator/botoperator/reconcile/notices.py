"""What people are told by Kubernetes Events: transitions, each once."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from botapi.conditions import ConditionReason, ConditionStatus, ConditionType
from botoperator.reconcile.plan import Notice, StatusWrite
from botoperator.reconcile.said import Said
from botoperator.reconcile.status import MESSAGE_LIMIT
from botoperator.reconcile.view import View


class NoticeReason(StrEnum):
    """Reasons of our Events beside those of the conditions."""

    ADMITTED = "Admitted"
    """The account may trade from now on."""
    POD_REPLACED = "PodReplaced"
    """The runner's pod was deleted because its template changed."""
    CHILD_REPLACED = "ChildReplaced"
    """A child was deleted because a field of it can only be set when it is made."""
    NAME_TAKEN = "NameTaken"
    """An object of somebody else has the name of a child."""
    WRITE_REFUSED = "WriteRefused"
    """The API server refused to make, change or delete a child."""


_TOLD = (ConditionType.STALLED, ConditionType.RUNNER_AVAILABLE)
_NO_NEWS = frozenset({ConditionReason.POD_PENDING, ConditionReason.AS_EXPECTED})


def transition_notices(
    view: View, said: Mapping[ConditionType, Said], write: StatusWrite | None
) -> Iterator[Notice]:
    """What the status that is written now says and the one that stands does not."""
    if write is None:
        return
    if write.admits is not None:
        group = write.admits
        text = f"may trade the {group.exchange} {group.environment} account {group.uid}"
        yield Notice(reason=NoticeReason.ADMITTED, message=text)
    if _is_new_trouble(view, said[ConditionType.RECONCILING]):
        yield Notice(reason=NoticeReason.WRITE_REFUSED, message=view.seen.trouble, is_warning=True)
    told: set[ConditionReason] = set()
    for kind in _TOLD:
        if _is_bad_news(view, kind, said[kind]) and said[kind].reason not in told:
            told.add(said[kind].reason)
            yield Notice(
                reason=said[kind].reason.value, message=said[kind].message, is_warning=True
            )


def _is_new_trouble(view: View, said: Said) -> bool:
    """Whether Reconciling is about to tell of this refusal for the first time."""
    before = view.condition(ConditionType.RECONCILING)
    message = view.seen.trouble[:MESSAGE_LIMIT]
    is_told = said.holds and said.message[:MESSAGE_LIMIT] == message
    return bool(message) and is_told and (before is None or before.message != message)


def _is_bad_news(view: View, kind: ConditionType, said: Said) -> bool:
    if said.reason in _NO_NEWS:
        return False
    before = view.condition(kind)
    status = ConditionStatus.TRUE if said.holds else ConditionStatus.FALSE
    return before is None or (before.status, before.reason) != (status, said.reason)
