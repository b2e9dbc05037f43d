"""The walk up the levels: what rests, what is missing, and who has to be asked."""

from collections.abc import Mapping
from datetime import datetime

from botrunner.domain.desired import DesiredOrder
from botrunner.domain.market import Quote
from botrunner.domain.side import SIDES, Purpose, Side
from botrunner.strategies.grid.ladder import Rung
from botrunner.strategies.grid.state import GridState
from botrunner.strategies.grid.view import GridView, LevelRequest, Resting, Verdict


class Walk:
    """One pass over levels 0..T, both sides of a level together.

    Rule 1: a refused level ends the walk; nothing at or above it is wanted on either side.
    Rule 2: a level that waits stops new orders above it, and moves nothing that rests there.
    Rule 3: what rests unchanged is kept unasked.
    """

    def __init__(
        self,
        state: GridState,
        view: GridView,
        quote: Quote,
        ladders: Mapping[Side, tuple[Rung, ...]],
    ) -> None:
        """Start below level 0, with T as the ladders have it."""
        self.wanted: list[DesiredOrder] = []
        self.top = len(ladders[Side.LONG]) - 1
        self.refused: int | None = None
        self.starved: int | None = None
        self.waits = False
        self.wake_at: datetime | None = None
        self._state, self._view, self._quote, self._ladders = state, view, quote, ladders
        self._still: set[Side] = set()
        self._left_out: int | None = None

    @property
    def passing(self) -> bool:
        """Whether a level whose price was passed holds back those above it."""
        return bool(self._still)

    def climb(self) -> None:
        """Look at every level, lowest first, until one is refused."""
        level = 0
        while level <= self.top:
            rungs = tuple(
                self._ladders[side][level]
                for side in SIDES
                if self._ladders[side][level].missing > 0
            )
            placed = self._ask(level, tuple(rung for rung in rungs if not self._rests(rung)))
            if placed is None:
                self.refused, self.top = level, level - 1
                return
            if level != self._left_out:
                for rung in rungs:
                    self._want(rung, rung in placed)
                self._hold_back(rungs, placed)
            level += 1

    def _ask(self, level: int, missing: tuple[Rung, ...]) -> tuple[Rung, ...] | None:
        """Which of the missing rungs to place; None ends the walk."""
        if not missing:
            return ()
        if self.waits or any(self._must_wait(rung) for rung in missing):
            self.waits = True
            return ()
        answer = self._view.judge(
            LevelRequest(
                level=level,
                orders=tuple(_order(rung) for rung in missing),
                reopening=self._reopens(missing),
            )
        )
        match answer.verdict:
            case Verdict.STARVE:
                self.starved = level
                return None
            case Verdict.REFUSE:
                return None
            case Verdict.RETRY:
                self.waits, self._left_out = True, level
                return ()
            case Verdict.WAIT:
                self.waits = True
                return ()
            case Verdict.PLACE:
                self.top = self.top if answer.top is None else min(self.top, answer.top)
                return missing

    def _reopens(self, missing: tuple[Rung, ...]) -> bool:
        return all(
            rung.at_market and self._state.side(rung.side.opposite).highest >= 0 for rung in missing
        )

    def _must_wait(self, rung: Rung) -> bool:
        """Levels opened together go out lowest first, each after the last was acknowledged."""
        if rung.level == 0:
            return False
        below = self._ladders[rung.side][rung.level - 1]
        if not below.at_market or below.missing == 0:
            return False
        resting = self._resting(below)
        return resting is None or not resting.acknowledged

    def _want(self, rung: Rung, placed: bool) -> None:
        resting = self._resting(rung)
        if resting is None:
            if placed:
                self.wanted.append(_order(rung))
        elif rung.side in self._still or not self._view.amend_entries:
            self._keep(rung, resting)
        else:
            self.wanted.append(_order(rung))

    def _keep(self, rung: Rung, resting: Resting) -> None:
        """As it rests; but an old order of a side that has closed must not outlive it unmoved."""
        stale = self._state.side(rung.side).highest < 0 and resting.price != rung.price
        if stale and rung.side not in self._still:
            return
        self.wanted.append(
            DesiredOrder(
                side=rung.side,
                purpose=Purpose.ENTRY,
                level=rung.level,
                quantity=resting.remaining,
                price=resting.price,
            )
        )

    def _hold_back(self, rungs: tuple[Rung, ...], placed: tuple[Rung, ...]) -> None:
        """GR-46: a marketable level goes alone; the next is computed after its fill."""
        for rung in rungs:
            if rung.at_market or not self._quote.entry_crosses(rung.side, rung.price):
                continue
            resting = self._resting(rung)
            if rung in placed or (resting is not None and resting.price != rung.price):
                self._stand_still(rung.side)
            elif resting is not None:
                until = resting.since + self._view.parameters.entry_timeout
                if self._view.now < until:
                    self._stand_still(rung.side)
                    self.wake_at = min(self.wake_at or until, until)

    def _stand_still(self, side: Side) -> None:
        self.waits = True
        self._still.add(side)

    def _rests(self, rung: Rung) -> bool:
        return self._resting(rung) is not None

    def _resting(self, rung: Rung) -> Resting | None:
        return self._view.resting.get((rung.side, Purpose.ENTRY, rung.level))


def _order(rung: Rung) -> DesiredOrder:
    return DesiredOrder(
        side=rung.side,
        purpose=Purpose.ENTRY,
        level=rung.level,
        quantity=rung.missing,
        price=rung.price,
    )
