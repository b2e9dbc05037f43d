"""The judge a grid asks before it wants a new level: what was refused before, then the gate."""

from datetime import datetime

from botrunner.domain.actions import Notify, ReadWallet
from botrunner.engine.exposure import claims_of
from botrunner.engine.state import SECOND, EngineState, Refusal, Run, Standing
from botrunner.risk.checks import EntryRequest
from botrunner.risk.gate import Gate, Granted
from botrunner.risk.verdict import Reason, Refused
from botrunner.strategies.grid.view import LevelAnswer, LevelRequest, Verdict

_LOWERS = frozenset(
    {Reason.MAX_ORDER_QUANTITY, Reason.RISK_TIER, Reason.MIN_NOTIONAL, Reason.PRICE}
)
_STARVES = frozenset({Reason.MONEY, Reason.VENUE_MONEY})
_TOLD = _STARVES | _LOWERS
"""Reasons that people are told of; the others pass by themselves."""


class LevelJudge:
    """Answers one strategy's level requests in one step.

    Want of money is asked again at every wallet reading, never on a price alone (GR-22), and is
    believed only of a wallet that shows the last fill and acknowledgement (GR-36).
    """

    def __init__(self, state: EngineState, run: Run, gate: Gate) -> None:
        """For one strategy and one step."""
        self.wake_at: datetime | None = None
        self._refused: Refused | None = None
        self._barred: int | None = None
        self._state, self._run, self._gate = state, run, gate
        self._claims = claims_of(state, run)

    def __call__(self, request: LevelRequest) -> LevelAnswer:
        """The verdict on one level."""
        standing = self._standing(request.level)
        if standing is not None:
            return self._answer(Refused(reason=standing.reason, message=standing.message))
        entry = EntryRequest(orders=request.orders, reducing=request.reopening)
        verdict = self._gate.ask(entry, request.level, self._claims)
        if isinstance(verdict, Granted):
            self._forget_money(request.level)
            return LevelAnswer(verdict=Verdict.PLACE, top=verdict.top)
        if verdict.reason is Reason.MONEY:
            return self._starved(request.level, verdict)
        if verdict.reason in _LOWERS:
            self._barred = request.level
        return self._answer(verdict)

    def report(self) -> None:
        """Write down why something is missing, and say so once per change (GR-22)."""
        before = self._run.reason
        self._run.reason = self._refused.reason if self._refused else None
        self._run.message = self._refused.message if self._refused else ""
        self._run.barred_level = self._barred
        # The band follows the mark, so a price alone may let the level in.
        self._run.waits = self._run.waits or self._run.reason is Reason.PRICE
        if self._run.reason is before or self._run.reason not in _TOLD:
            return
        text = f"{self._run.name}: {self._run.message}"
        self._state.outbox.append(Notify(reason=self._run.reason.value, message=text))

    def _standing(self, level: int) -> Standing | None:
        standing = self._run.refusals.get(level)
        if standing is None:
            return None
        wallet = self._state.wallet
        if standing.retry_at is not None:
            if self._state.now >= standing.retry_at:
                return None
            self._wake(standing.retry_at)
            return standing
        return standing if wallet is not None and wallet.at == standing.wallet_at else None

    def _starved(self, level: int, refused: Refused) -> LevelAnswer:
        if not self._wallet_is_current():
            self._read_wallet()
            self._refused = refused
            return LevelAnswer(verdict=Verdict.WAIT)
        wallet = self._state.wallet
        self._run.refusals[level] = Standing(
            reason=refused.reason,
            message=refused.message,
            wallet_at=wallet.at if wallet is not None else None,
            retry_at=None,
        )
        return self._answer(refused)

    def _answer(self, refused: Refused) -> LevelAnswer:
        self._refused = refused
        self._state.refused.append(
            Refusal(
                strategy=self._run.name,
                what="level",
                reason=refused.reason.value,
                message=refused.message,
            )
        )
        if refused.reason in _STARVES:
            return LevelAnswer(verdict=Verdict.STARVE)
        if refused.reason in _LOWERS:
            return LevelAnswer(verdict=Verdict.REFUSE)
        retried = refused.reason is Reason.VENUE
        return LevelAnswer(verdict=Verdict.RETRY if retried else Verdict.WAIT)

    def _forget_money(self, level: int) -> None:
        standing = self._run.refusals.get(level)
        if standing is not None and standing.retry_at is None:
            del self._run.refusals[level]

    def _wallet_is_current(self) -> bool:
        wallet, moved_at = self._state.wallet, self._state.money_moved_at
        return wallet is not None and (moved_at is None or wallet.at >= moved_at)

    def _read_wallet(self) -> None:
        asked = self._state.wallet_asked_at
        if asked is None or self._state.now >= asked + SECOND:
            self._state.wallet_asked_at = self._state.now
            self._state.outbox.append(ReadWallet())
        self._wake(self._state.now + SECOND)

    def _wake(self, moment: datetime) -> None:
        self.wake_at = min(self.wake_at or moment, moment)
