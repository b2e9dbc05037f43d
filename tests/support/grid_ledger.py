"""Replays a venue's fills into closed sides: what each really netted."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from botrunner.domain.events import FundingSettled, OrderFilled
from botrunner.domain.side import Side
from support.grid_venue import GridVenue

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedSide:
    """One life of a side, from its first entry until it was flat."""

    entry_notional: Decimal
    exit_quantity: Decimal
    net: Decimal
    """Profit after all fees and funding, USDT."""


@dataclass(slots=True)
class _Account:
    bought: Decimal = ZERO
    entry_notional: Decimal = ZERO
    gross: Decimal = ZERO
    costs: Decimal = ZERO
    closed: Decimal = ZERO


class Ledger:
    """The venue's own record, fill by fill."""

    def __init__(self, venue: GridVenue) -> None:
        events: list[OrderFilled | FundingSettled] = [*venue.fills, *venue.funding]
        self._events = sorted(events, key=lambda event: event.at)

    def closed_sides(self) -> Iterator[ClosedSide]:
        """Every side that was closed, in time order."""
        open_sides = {side: _Account() for side in Side}
        for event in self._events:
            account = open_sides[event.side]
            if isinstance(event, FundingSettled):
                account.costs += event.paid
                continue
            self._add(account, event)
            if account.bought == account.closed:
                yield ClosedSide(
                    entry_notional=account.entry_notional,
                    exit_quantity=account.closed,
                    net=account.gross - account.costs,
                )
                open_sides[event.side] = _Account()

    def _add(self, account: _Account, fill: OrderFilled) -> None:
        value = fill.quantity * fill.price
        account.costs += fill.fee
        if fill.reduces:
            account.closed += fill.quantity
            account.gross += fill.side.sign * value
        else:
            account.bought += fill.quantity
            account.entry_notional += value
            account.gross -= fill.side.sign * value
