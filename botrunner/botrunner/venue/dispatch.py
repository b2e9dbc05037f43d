"""Which part of the venue answers to which command."""

from botrunner.venue.account import Account
from botrunner.venue.amending import amend, cancel, cancel_all
from botrunner.venue.commands import (
    AmendOrder,
    ApplyMoney,
    CancelAll,
    CancelOrder,
    Command,
    DropBook,
    MovePrice,
    OpenAccount,
    OrderCommand,
    OutsideCommand,
    PlaceOrder,
    PrintTrade,
    SetBandAdjustment,
    SetBook,
    SetFees,
    SetLeverage,
    SetMarginMode,
    SettleFunding,
    SetTradingStop,
    SwitchMode,
    TermsCommand,
)
from botrunner.venue.floor import Floor
from botrunner.venue.funding import settle_funding
from botrunner.venue.order import Order
from botrunner.venue.outside import drop_book, move_price, print_trade, set_book
from botrunner.venue.placing import place
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.terms import (
    apply_money,
    open_account,
    set_band_adjustment,
    set_fees,
    set_leverage,
    set_margin_mode,
    switch_mode,
)
from botrunner.venue.trading_stop import set_trading_stop

Answer = Refusal | Order | list[Order] | None
"""A refusal, or the orders that the command named."""


def dispatch(floor: Floor, command: Command) -> Answer:
    """Hand the command to what does it."""
    match command:
        case OpenAccount():
            return open_account(floor, command)
        case MovePrice() | SetBook() | DropBook() | PrintTrade() | SettleFunding():
            return _outside(floor, command)
        case _:
            return _of_account(floor, command)


def _outside(floor: Floor, command: OutsideCommand) -> Answer:
    market = floor.markets.get(command.symbol)
    if market is None:
        return Refusal(reason=RefusalReason.SYMBOL_UNKNOWN, field="symbol")
    match command:
        case MovePrice():
            return move_price(floor, market, command)
        case SetBook():
            return set_book(floor, market, command)
        case DropBook():
            return drop_book(floor, market, command)
        case PrintTrade():
            return print_trade(floor, market, command)
        case SettleFunding():
            return settle_funding(floor, market, command)


def _of_account(floor: Floor, command: OrderCommand | TermsCommand) -> Answer:
    account = floor.accounts.get(command.account)
    if account is None:
        return Refusal(reason=RefusalReason.ACCOUNT_UNKNOWN, field="account")
    symbol = getattr(command, "symbol", None)
    if symbol is not None and symbol not in floor.markets:
        return Refusal(reason=RefusalReason.SYMBOL_UNKNOWN, field="symbol")
    match command:
        case PlaceOrder():
            return place(floor, account, command)
        case AmendOrder():
            return amend(floor, account, command)
        case CancelOrder():
            return cancel(floor, account, command)
        case CancelAll():
            return cancel_all(floor, account, command)
        case _:
            return _terms(floor, account, command)


def _terms(floor: Floor, account: Account, command: TermsCommand) -> Answer:
    match command:
        case ApplyMoney():
            return apply_money(floor, account, command)
        case SetFees():
            return set_fees(floor, account, command)
        case SetBandAdjustment():
            return set_band_adjustment(floor, account, command)
        case SetLeverage():
            return set_leverage(floor, account, command)
        case SwitchMode():
            return switch_mode(floor, account, command)
        case SetMarginMode():
            return set_margin_mode(floor, account, command)
        case SetTradingStop():
            return set_trading_stop(floor, account, command)
