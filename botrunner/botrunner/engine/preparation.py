"""What has to be set on the venue before a symbol's first order (GR-10).

Cross margin, hedge mode, and leverage = min(wanted, the instrument's maximum). Leverage waits for
flat like everything that decides quantities.
"""

from datetime import datetime
from decimal import Decimal

from botrunner.domain.actions import ApplySetting, Notify
from botrunner.domain.control import Setting
from botrunner.engine.state import SECOND, EngineState, Run

PATIENCE = 30 * SECOND
"""So long an answer is waited for before a setting is asked for again."""


def missing_settings(state: EngineState, run: Run) -> str:
    """Ask for what is not confirmed; says what is missing, empty when nothing is."""
    tell_lowered(state, run)
    wanted = _wanted(state, run)
    missing = [setting for setting, value in wanted.items() if run.settings.get(setting) != value]
    for setting in missing:
        asked = run.asked.get(setting)
        if asked is None or state.now >= asked + PATIENCE:
            run.asked[setting] = state.now
            state.outbox.append(
                ApplySetting(symbol=run.symbol, setting=setting, value=wanted[setting])
            )
    if run.setting_refused:
        return run.setting_refused
    return ", ".join(f"{setting.value} is not confirmed" for setting in missing)


def tell_lowered(state: EngineState, run: Run) -> None:
    """Say once that the instrument takes less leverage than is wanted (GR-10)."""
    wanted = run.parameters.grid.wanted
    possible = wanted.within(state.instruments[run.symbol])
    if possible.leverage >= wanted.leverage or run.lowered_from == wanted.leverage:
        return
    run.lowered_from = wanted.leverage
    text = f"{run.name}: leverage {wanted.leverage} is lowered to {possible.leverage}"
    state.outbox.append(Notify(reason="LeverageLowered", message=text))


def ask_again_at(run: Run) -> datetime | None:
    """When a setting whose answer did not come is asked for again."""
    return min((asked + PATIENCE for asked in run.asked.values()), default=None)


def _wanted(state: EngineState, run: Run) -> dict[Setting, Decimal]:
    applied = run.grid.applied
    if run.grid.is_flat and not state.live_orders(run.name):
        applied = run.parameters.grid.wanted
    leverage = applied.within(state.instruments[run.symbol]).leverage
    one = Decimal(1)
    return {Setting.CROSS_MARGIN: one, Setting.HEDGE_MODE: one, Setting.LEVERAGE: leverage}
