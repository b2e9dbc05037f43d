"""Client order ids: everything needed to rebuild the levels from the venue's history alone.

An id is 20 to 32 characters of ``[a-z0-9-]``::

    tf eeeeeeee s p ll qqqqq - strategy
    |  |        | | |  |       `-- 1 to 12 characters
    |  |        | | |  `---------- sequence, base 36
    |  |        | | `------------- level (take-profits: part), base 36
    |  |        | `--------------- purpose: e entry, t take-profit, s stop-loss, c close
    |  |        `----------------- side: l long, s short
    |  `-------------------------- epoch, milliseconds since 1970, base 36
    `----------------------------- ours

Lower case only: a venue that compares ids without case cannot confuse two of them.
"""

import hashlib
import re
from dataclasses import dataclass

from botrunner.domain.side import Purpose, Side

PREFIX = "tf"
UNOWNED = "unowned"
"""Stands for a strategy in the ids of orders that close positions of nobody's strategy."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SIDES = {Side.LONG: "l", Side.SHORT: "s"}
_PURPOSES = {
    Purpose.ENTRY: "e",
    Purpose.TAKE_PROFIT: "t",
    Purpose.STOP_LOSS: "s",
    Purpose.CLOSE: "c",
}
_SIDE_OF = {letter: side for side, letter in _SIDES.items()}
_PURPOSE_OF = {letter: purpose for purpose, letter in _PURPOSES.items()}
_EPOCH_WIDTH, _LEVEL_WIDTH, _SEQUENCE_WIDTH = 8, 2, 5
_STRATEGY = re.compile(r"[a-z][a-z0-9-]{0,11}")
_ID = re.compile(r"tf([0-9a-z]{8})([ls])([etsc])([0-9a-z]{2})([0-9a-z]{5})-([a-z][a-z0-9-]{0,11})")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIdentity:
    """What a client order id says."""

    epoch: int
    """Milliseconds since 1970 at which this runner's life began; orders runners among another."""
    strategy: str
    side: Side
    purpose: Purpose
    level: int
    """Grid level of an entry; number of the part of a take-profit."""
    sequence: int
    """Counts the orders of one epoch and strategy, so that no id is ever used twice."""


def encode(identity: OrderIdentity) -> str:
    """The client order id. Raises ValueError when a part does not fit its place."""
    if not _STRATEGY.fullmatch(identity.strategy):
        raise ValueError(f"strategy: {identity.strategy!r} is not ^[a-z][a-z0-9-]{{0,11}}$")
    return "".join(
        (
            PREFIX,
            _base36("epoch", identity.epoch, _EPOCH_WIDTH),
            _SIDES[identity.side],
            _PURPOSES[identity.purpose],
            _base36("level", identity.level, _LEVEL_WIDTH),
            _base36("sequence", identity.sequence, _SEQUENCE_WIDTH),
            "-",
            identity.strategy,
        )
    )


def decode(order_id: str) -> OrderIdentity | None:
    """What the id says, or None where it is none of ours."""
    match = _ID.fullmatch(order_id)
    if match is None:
        return None
    epoch, side, purpose, level, sequence, strategy = match.groups()
    return OrderIdentity(
        epoch=int(epoch, 36),
        strategy=strategy,
        side=_SIDE_OF[side],
        purpose=_PURPOSE_OF[purpose],
        level=int(level, 36),
        sequence=int(sequence, 36),
    )


def short_id(text: str) -> str:
    """Six hex digits of the text's hash, for a person to copy; the same text, the same id.

    The first is always the letter e, so that YAML never takes it for a number (123456, 1e5).
    """
    return f"e{hashlib.sha256(text.encode()).hexdigest()[:5]}"


def _base36(field: str, number: int, width: int) -> str:
    if not 0 <= number < 36**width:
        raise ValueError(f"{field}: {number} does not fit into {width} digits of base 36")
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
