"""Stalled: what does not go on without a person."""

from botapi.conditions import ConditionReason, ConditionStatus, ConditionType
from botoperator.reconcile.admission import Claim
from botoperator.reconcile.available import is_crash_loop
from botoperator.reconcile.said import Said
from botoperator.reconcile.view import View
from botoperator.resources.stateful_set import is_supported
from botoperator.settings import Settings

_R = ConditionReason


def stalled(view: View, settings: Settings, rival: Claim | None, available: Said) -> Said:
    """The first obstacle that holds; ``rival`` is who may trade this exchange account instead."""
    if view.account is None:
        return Said(holds=True, reason=_R.INVALID_SPEC, message=view.faults)
    if not is_supported(view.account.spec, settings):
        return Said(holds=True, reason=_R.UNSUPPORTED_ENVIRONMENT, message=_UNSUPPORTED)
    if rival is not None:
        return Said(holds=True, reason=_R.DUPLICATE_ACCOUNT, message=_rival_words(rival))
    if is_crash_loop(view):
        return Said(holds=True, reason=_R.CRASH_LOOP, message=available.message)
    market_data = view.condition(ConditionType.MARKET_DATA_READY)
    is_false = market_data is not None and market_data.status is ConditionStatus.FALSE
    if market_data is not None and is_false and market_data.reason == _R.SYMBOL_UNKNOWN:
        return Said(holds=True, reason=_R.SYMBOL_UNKNOWN, message=market_data.message)
    return Said(holds=False)


_UNSUPPORTED = (
    "spec.environment simulated needs the simulator of this installation (chart value "
    "simulator.enabled), or all of spec.endpoints.rest, publicStream and privateStream"
)


def _rival_words(rival: Claim) -> str:
    group = rival.group
    return (
        f"{rival.namespace}/{rival.name} trades the {group.exchange} {group.environment} account "
        f"{group.uid}; delete one of the two, or give this one the keys of another account"
    )
