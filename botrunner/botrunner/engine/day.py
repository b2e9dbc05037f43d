"""The account's day (RI-31): its P&L is the change of equity less what came in or went out.

Rule 1: a P&L is only of a wallet reading for which every transfer is known. The one before stands
until then.
Rule 2: recovery comes first: no transfer is read while a position waits for its exit.
"""

from dataclasses import replace
from datetime import datetime

from botrunner.domain.account import Wallet
from botrunner.domain.actions import ReadTransfers
from botrunner.domain.control import ReadFailed, TransfersRead
from botrunner.domain.day import Day, cash_of, day_of, transferred
from botrunner.engine.state import SECOND, EngineState, Phase

OVERLAP = 60 * SECOND
"""Each read begins so long before the last one's end: the venue's log may lag."""
AT_LEAST_EVERY = 60 * SECOND
PATIENCE = 60 * SECOND


def take(state: EngineState, wallet: Wallet) -> None:
    """A new reading of the wallet: a new P&L, and after the boundary a new day."""
    if state.day is None:
        # First seen: what was transferred before is in the opening equity.
        state.day = Day(started=wallet.at, opening_equity=wallet.equity)
        state.transfers_until, state.transfers_known = wallet.at, wallet
    elif day_of(state.day.started) < day_of(wallet.at):
        state.day_first = state.day_first or wallet
    _assess(state)


def ask_when_due(state: EngineState) -> None:
    """Ask for the transfers when the wallet shows that there may be one, and once a minute."""
    if state.day is None or state.wallet is None or _recovering(state):
        return
    asked = state.transfers_asked_at
    if state.transfers_token and asked is not None and state.now < asked + PATIENCE:
        return
    wait = AT_LEAST_EVERY if _is_known(state, state.wallet) else SECOND
    if asked is not None and state.now < asked + wait:
        state.wake(asked + wait)
        return
    state.transfers_reads += 1
    # Below zero: never the number of a read of a symbol or of the account.
    state.transfers_token, state.transfers_asked_at = -state.transfers_reads, state.now
    since = _since(state, state.day)
    state.outbox.append(ReadTransfers(token=state.transfers_token, since=since))


def complete(state: EngineState, read: TransfersRead) -> None:
    """Every transfer until a moment is known."""
    if read.token != state.transfers_token:
        return
    state.transfers_token = 0
    state.transfers_until = read.until
    state.transfers.update({each.transfer_id: each for each in read.transfers})
    _begin_next(state)
    _assess(state)


def read_failed(state: EngineState, event: ReadFailed) -> None:
    """Asked again when it is due; the P&L stays as it was."""
    if event.token == state.transfers_token:
        state.transfers_token = 0


def _begin_next(state: EngineState) -> None:
    """The new day's opening is its first reading without what was transferred since midnight."""
    first, until = state.day_first, state.transfers_until
    if first is None or until is None or first.at > until:
        return
    started = day_of(first.at)
    since = transferred(state.transfers.values(), started, first.at)
    state.day = Day(started=started, opening_equity=first.equity - since)
    state.day_first = None
    state.transfers = {key: one for key, one in state.transfers.items() if one.at > started}


def _assess(state: EngineState) -> None:
    day, wallet = state.day, state.wallet
    if day is None or wallet is None or state.day_first is not None:
        return
    if not _is_known(state, wallet):
        return
    state.transfers_known = wallet
    since = transferred(state.transfers.values(), day.started, wallet.at)
    state.day = replace(day, pnl=wallet.equity - day.opening_equity - since)


def _is_known(state: EngineState, wallet: Wallet) -> bool:
    """Read up to this reading, or nothing but prices has changed since one that is known."""
    if state.day_first is not None:
        return False
    until, known = state.transfers_until, state.transfers_known
    if until is not None and wallet.at <= until:
        return True
    return known is not None and cash_of(known) == cash_of(wallet)


def _since(state: EngineState, day: Day) -> datetime:
    started = day_of(state.day_first.at) if state.day_first is not None else day.started
    if state.transfers_until is None:
        return started
    return max(started, state.transfers_until - OVERLAP)


def _recovering(state: EngineState) -> bool:
    return any(run.phase is Phase.RECOVERING for run in state.runs.values())
