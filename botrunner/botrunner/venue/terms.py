"""An account's own terms: its money, fees, leverage, position mode, margin mode and stops."""

from decimal import Decimal

from botrunner.venue.account import Account, Holding
from botrunner.venue.commands import (
    ApplyMoney,
    OpenAccount,
    SetBandAdjustment,
    SetFees,
    SetLeverage,
    SetMarginMode,
    SwitchMode,
)
from botrunner.venue.floor import Floor
from botrunner.venue.money import ZERO, is_money
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.settlement import move_money
from botrunner.venue.valuation import available_margin, totals_of
from botrunner.venue.vocabulary import (
    MarginMode,
    PositionMode,
    TransactionType,
)

_R = RefusalReason


def open_account(floor: Floor, command: OpenAccount) -> Refusal | None:
    """Open it, with its first deposit."""
    if command.account in floor.accounts:
        return Refusal(reason=_R.ACCOUNT_EXISTS, field="account")
    if command.balance < ZERO or not is_money(command.balance):
        return Refusal(reason=_R.AMOUNT_INVALID, value=command.balance, field="balance")
    account = Account(
        name=command.account,
        number=len(floor.accounts) + 1,
        fees=command.fees or floor.settings.fees,
        opened_at=floor.at,
        updated_at=floor.at,
        history_limit=floor.settings.history_limit,
    )
    floor.accounts[account.name] = account
    if command.balance:
        _transfer(floor, account, command.balance)
    return None


def apply_money(floor: Floor, account: Account, command: ApplyMoney) -> Refusal | None:
    """Put in, or take out what is free."""
    if not command.amount or not is_money(command.amount):
        return Refusal(reason=_R.AMOUNT_INVALID, value=command.amount, field="amount")
    free = max(ZERO, min(account.balance, available_margin(account, totals_of(floor, account))))
    if -command.amount > free:
        return Refusal(reason=_R.WITHDRAWAL_TOO_LARGE, value=-command.amount, limit=free)
    _transfer(floor, account, command.amount)
    return None


def set_fees(floor: Floor, account: Account, command: SetFees) -> Refusal | None:
    """Fee rates for executions from now on; margins follow at once."""
    account.fees = command.fees
    account.updated_at = floor.at
    _revalue(floor, account)
    return None


def set_band_adjustment(
    floor: Floor, account: Account, command: SetBandAdjustment
) -> Refusal | None:
    """Adjust prices to the band, or refuse them."""
    account.adjust_to_band = command.adjust
    account.updated_at = floor.at
    return None


def set_leverage(floor: Floor, account: Account, command: SetLeverage) -> Refusal | None:
    """Change the leverage, unless margin or the risk tier forbids it."""
    holding = floor.holding(account, command.symbol)
    refusal = _refuse_leverage(floor, account, holding, command)
    if refusal is not None:
        return refusal
    before = holding.buy_leverage, holding.sell_leverage
    holding.buy_leverage, holding.sell_leverage = command.buy, command.sell
    holding.figures = None
    available = available_margin(account, totals_of(floor, account))
    if available < ZERO and min(command.buy, command.sell) < max(before):
        holding.buy_leverage, holding.sell_leverage = before
        holding.figures = None
        return Refusal(reason=_R.INSUFFICIENT_BALANCE, value=-available, limit=ZERO)
    _touch(floor, account, holding)
    return None


def switch_mode(floor: Floor, account: Account, command: SwitchMode) -> Refusal | None:
    """Change the position mode of one symbol, or of all that can."""
    if command.symbol is None:
        for symbol in floor.markets:
            _switch(floor, account, symbol, command.mode)
        return None
    return _switch(floor, account, command.symbol, command.mode)


def set_margin_mode(floor: Floor, account: Account, command: SetMarginMode) -> Refusal | None:
    """Change the margin mode of an account that is flat and has no orders."""
    if account.margin_mode is command.mode:
        return Refusal(reason=_R.MARGIN_MODE_UNCHANGED, field="mode")
    if any(holding.open_positions() for holding in account.holdings.values()):
        return Refusal(reason=_R.POSITION_EXISTS)
    if account.open_orders:
        return Refusal(reason=_R.ORDERS_EXIST)
    account.margin_mode = command.mode
    account.updated_at = floor.at
    return None


def _transfer(floor: Floor, account: Account, amount: Decimal) -> None:
    kind = TransactionType.TRANSFER_IN if amount > ZERO else TransactionType.TRANSFER_OUT
    account.deposited += amount
    floor.pools.deposits += amount
    move_money(floor, account, kind, amount, floor.next_seq())


def _revalue(floor: Floor, account: Account) -> None:
    for holding in account.holdings.values():
        holding.figures = None
    floor.to_examine[account.name] = None
    floor.tape.touch_wallet(account, floor.next_seq())


def _refuse_leverage(
    floor: Floor, account: Account, holding: Holding, command: SetLeverage
) -> Refusal | None:
    contract = floor.markets[command.symbol].instrument
    for field, leverage in (("buy", command.buy), ("sell", command.sell)):
        least, step = contract.min_leverage, contract.leverage_step
        if leverage < least or leverage % step:
            limit = least if leverage < least else step
            return Refusal(reason=_R.LEVERAGE_INVALID, value=leverage, limit=limit, field=field)
        most = _most_leverage(floor, holding)
        if leverage > most:
            return Refusal(reason=_R.LEVERAGE_ABOVE_TIER, value=leverage, limit=most, field=field)
    may_differ = holding.mode is PositionMode.HEDGE and account.margin_mode is MarginMode.ISOLATED
    if command.buy != command.sell and not may_differ:
        return Refusal(reason=_R.LEVERAGE_SIDES_DIFFER, field="sell")
    if (command.buy, command.sell) == (holding.buy_leverage, holding.sell_leverage):
        return Refusal(reason=_R.LEVERAGE_UNCHANGED)
    return None


def _most_leverage(floor: Floor, holding: Holding) -> Decimal:
    market = floor.markets[holding.symbol]
    mark = market.prices.mark if market.prices else ZERO
    held = max((abs(p.size) * mark for p in holding.open_positions()), default=ZERO)
    value = held + max(holding.buy_value, holding.sell_value)
    tier = market.instrument.tier_for(value)
    return min(tier.max_leverage, market.instrument.max_leverage)


def _switch(floor: Floor, account: Account, symbol: str, mode: PositionMode) -> Refusal | None:
    holding = floor.holding(account, symbol)
    if holding.mode is mode:
        return Refusal(reason=_R.POSITION_MODE_UNCHANGED, field="mode")
    if holding.open_positions():
        return Refusal(reason=_R.POSITION_EXISTS)
    if any(order.symbol == symbol for order in account.open_orders.values()):
        return Refusal(reason=_R.ORDERS_EXIST)
    holding.mode = mode
    _touch(floor, account, holding)
    return None


def _touch(floor: Floor, account: Account, holding: Holding) -> None:
    seq = floor.next_seq()
    for position in holding.positions():
        floor.tape.touch(account, holding.symbol, position, seq)
    floor.to_examine[account.name] = None
