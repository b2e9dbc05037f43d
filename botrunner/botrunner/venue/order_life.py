"""An order's life is a table.

Rule 1: every change of an order's status is a row of TRANSITIONS.
Rule 2: nothing leads out of an ended order.
"""

from botrunner.venue.vocabulary import OrderStatus

_S = OrderStatus

BIRTHS = frozenset({_S.NEW, _S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELLED, _S.UNTRIGGERED})
"""What the first report of an order may say."""

TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.NEW: frozenset({_S.NEW, _S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELLED}),
    _S.PARTIALLY_FILLED: frozenset({_S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELLED}),
    _S.UNTRIGGERED: frozenset({_S.UNTRIGGERED, _S.TRIGGERED, _S.DEACTIVATED}),
    _S.TRIGGERED: frozenset({_S.NEW, _S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELLED, _S.REJECTED}),
    _S.FILLED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.DEACTIVATED: frozenset(),
}


class ImpossibleTransitionError(Exception):
    """The venue was about to break its own rules: a defect, never a business outcome."""


def check_transition(before: OrderStatus | None, after: OrderStatus) -> None:
    """Raise ImpossibleTransitionError unless the table has the row; ``None`` is not yet born."""
    allowed = BIRTHS if before is None else TRANSITIONS[before]
    if after not in allowed:
        raise ImpossibleTransitionError(f"an order cannot go from {before} to {after}")
