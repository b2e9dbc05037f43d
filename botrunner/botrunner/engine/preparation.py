"""What has to be set on the venue before a symbol's first order, and stays set (GR-10).

Cross margin, hedge mode, and leverage = min(wanted, the instrument's maximum). Leverage waits for
flat like everything that decides quantities.

Rule 1: what other hands change is found by a refused order or by a read, and is set anew; entries
wait until the venue has confirmed it.
Rule 2: what the venue refuses is asked for again once in a reconcile interval, and so is what it
confirms without effect: no refusal makes a loop of requests.
"""

from datetime import datetime
from decimal import Decimal

from botrunner.domain.actions import ApplySetting, Notify
from botrunner.domain.control import AccountRead, Setting, SettingApplied, SettingRefused
from botrunner.domain.order import Order
from botrunner.engine.state import SECOND, EngineState, Run

PATIENCE = 30 * SECOND
"""So long an answer is waited for before a setting is asked for again."""


def missing_settings(state: EngineState, run: Run) -> str:
    """Ask for what is not confirmed; says what is missing, empty when nothing is."""
    tell_lowered(state, run)
    wanted = _wanted(state, run)
    missing = [setting for setting, value in wanted.items() if run.settings.get(setting) != value]
    for setting in missing:
        if state.now >= run.ask_at.get(setting, state.now):
            _ask(state, run, setting, wanted[setting])
    words = run.refused_settings
    run.refused_settings = {each: words[each] for each in missing if each in words}
    return "; ".join(words.get(each, f"{each.value} is not confirmed") for each in missing)


def tell_lowered(state: EngineState, run: Run) -> None:
    """Say once that the instrument takes less leverage than is wanted (GR-10)."""
    wanted = run.parameters.grid.wanted
    possible = wanted.within(state.instruments[run.symbol])
    if possible.leverage >= wanted.leverage or run.lowered_from == wanted.leverage:
        return
    run.lowered_from = wanted.leverage
    text = f"{run.name}: leverage {wanted.leverage} is lowered to {possible.leverage}"
    state.outbox.append(Notify(reason="LeverageLowered", message=text))


def ask_again_at(state: EngineState, run: Run) -> datetime | None:
    """When a setting is asked for again; what is overdue waits for something else to end."""
    return min((at for at in run.ask_at.values() if at > state.now), default=None)


def applied(state: EngineState, run: Run, event: SettingApplied) -> None:
    """The venue confirmed a setting."""
    run.settings[event.setting] = event.value
    run.ask_at.pop(event.setting, None)
    run.refused_settings.pop(event.setting, None)
    run.confirmed_token = state.tokens
    if event.setting is Setting.HEDGE_MODE:
        run.hedged_at = state.now
        run.retries.clear()  # Exits that were refused for the mode.


def refused(state: EngineState, run: Run, event: SettingRefused) -> None:
    """The venue refused a setting: not again before the next reconciliation."""
    run.settings.pop(event.setting, None)
    text = f"{event.setting.value} of {event.symbol}: {event.message}"
    run.refused_settings[event.setting] = text
    run.ask_at[event.setting] = state.now + state.parameters.reconcile_every


def mode_lost(state: EngineState, run: Run, order: Order, message: str) -> bool:
    """The venue refused an order for its position mode. True where that is news.

    The symbol is prepared anew as at the start: at once, and where that did not help at the end of
    the reconcile interval.
    """
    if precedes_mode(run, order):
        return False
    if Setting.HEDGE_MODE not in run.settings:
        run.mode_lost_at = run.mode_lost_at or state.now
        return False
    again = _interval_end(state, run)
    run.settings.clear()
    run.ask_at.clear()
    if again is None or state.now >= again:
        run.mode_lost_at = state.now
        _tell_changed(state, run, Setting.HEDGE_MODE)
    else:
        run.ask_at = dict.fromkeys(Setting, again)
        remedy = "set hedge mode for the symbol, and let nothing else change it"
        run.mode_doubted = f"hedgeMode of {run.symbol} has no effect: {message}; {remedy}"
    return True


def precedes_mode(run: Run, order: Order) -> bool:
    """Sent before hedge mode was confirmed last: its end says nothing about the mode in force."""
    return run.hedged_at is not None and order.created_at < run.hedged_at


def mode_proven(run: Run, order: Order) -> None:
    """The venue took an order of hedge mode."""
    if not precedes_mode(run, order):
        run.mode_doubted = ""


def forbids_exits(run: Run) -> bool:
    """The venue takes no order of hedge mode: an exit that cannot rest is no breach (GR-34)."""
    return run.mode_lost_at is not None and Setting.HEDGE_MODE not in run.settings


def lost(state: EngineState, run: Run, setting: Setting) -> None:
    """A read shows that other hands changed a setting of the account."""
    if run.settings.pop(setting, None) is not None:
        _tell_changed(state, run, setting)


def compare(state: EngineState, run: Run, read: AccountRead) -> None:
    """Hold the confirmed leverage against what the venue shows, and end a doubt that has passed.

    A read that was asked for before a setting was confirmed may be older than it.
    """
    again = _interval_end(state, run)
    if Setting.HEDGE_MODE in run.settings and again is not None and state.now >= again:
        run.mode_doubted = ""
    is_asked = Setting.LEVERAGE in run.ask_at or Setting.LEVERAGE not in run.settings
    if is_asked or read.token <= run.confirmed_token:
        return
    shown = {p.leverage for p in read.positions if p.symbol == run.symbol and p.quantity}
    if shown - {run.settings[Setting.LEVERAGE]}:
        lost(state, run, Setting.LEVERAGE)
        run.dirty = True


def _ask(state: EngineState, run: Run, setting: Setting, value: Decimal) -> None:
    run.ask_at[setting] = state.now + PATIENCE
    if setting is Setting.HEDGE_MODE and run.mode_doubted:
        run.mode_lost_at = state.now
    state.outbox.append(ApplySetting(symbol=run.symbol, setting=setting, value=value))


def _interval_end(state: EngineState, run: Run) -> datetime | None:
    """When the mode may be set anew once more; None where it was never lost."""
    if run.mode_lost_at is None:
        return None
    return run.mode_lost_at + state.parameters.reconcile_every


def _tell_changed(state: EngineState, run: Run, setting: Setting) -> None:
    text = f"{run.name}: {setting.value} of {run.symbol} was changed by other hands; it is set anew"
    state.outbox.append(Notify(reason="SettingChanged", message=text))


def _wanted(state: EngineState, run: Run) -> dict[Setting, Decimal]:
    applied_values = run.grid.applied
    if run.grid.is_flat and not state.live_orders(run.name):
        applied_values = run.parameters.grid.wanted
    leverage = applied_values.within(state.instruments[run.symbol]).leverage
    one = Decimal(1)
    return {Setting.CROSS_MARGIN: one, Setting.HEDGE_MODE: one, Setting.LEVERAGE: leverage}
