"""What orders cost and what positions must keep, by the venue's formulas.

Bybit V5, unified account in cross margin, rules since 2 September 2025, as reproduced on recorded
wallets: with L leverage, s = +1 long and -1 short, t the taker rate,
order cost = V/L + V*f + V*(1 - s/L)*f; maintenance margin = q*M*MMR - deduction + q*E*(1 - s/L)*t.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from botrunner.domain.account import Wallet
from botrunner.domain.instrument import Instrument
from botrunner.domain.position import Position
from botrunner.domain.precision import ONE, ZERO
from botrunner.domain.side import Side

UNBEARABLE = Decimal("Infinity")
"""The rate of an account that has positions and nothing left to carry them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPosition:
    """A position with what it is valued by."""

    position: Position
    mark: Decimal
    instrument: Instrument
    taker_fee: Decimal


def order_cost(side: Side, value: Decimal, leverage: Decimal, fee: Decimal) -> Decimal:
    """What the venue blocks for an entry of this value; a rebate counts as 0 (GR-22).

    Never less than margin and fee.
    """
    fee = max(fee, ZERO)
    margin = value / leverage
    close = value * (ONE - side.sign / leverage) * fee
    return margin + value * fee + max(close, ZERO)


def maintenance_margin(marked: MarkedPosition) -> Decimal:
    """What one position must keep, at its mark; 0 when flat."""
    position = marked.position
    if position.quantity == 0:
        return ZERO
    value = position.quantity * marked.mark
    tier = marked.instrument.tier_for(value)
    closing = ONE - position.side.sign / position.leverage
    reserve = position.quantity * position.average_price * closing * marked.taker_fee
    return value * tier.maintenance_margin_rate - tier.deduction + reserve


def estimated_rate(wallet: Wallet, positions: Iterable[MarkedPosition]) -> Decimal:
    """The account's maintenance-margin rate at the present marks, a fraction.

    The wallet's balance without its own unrealised profit, plus the present one, less the haircut.
    """
    needed, balance = _needed_and_balance(wallet, positions)
    if needed == 0:
        return ZERO
    return needed / balance if balance > 0 else UNBEARABLE


def headroom(wallet: Wallet, positions: Iterable[MarkedPosition], threshold: Decimal) -> Decimal:
    """How much more maintenance margin the account could carry below the threshold, USDT.

    Unlike the rate it is a straight line in each mark (within a tier), so its zero can be found.
    """
    needed, balance = _needed_and_balance(wallet, positions)
    return threshold * balance - needed


def _needed_and_balance(
    wallet: Wallet, positions: Iterable[MarkedPosition]
) -> tuple[Decimal, Decimal]:
    marked = tuple(positions)
    needed = sum((maintenance_margin(each) for each in marked), ZERO)
    profit = sum((each.position.unrealised_pnl(each.mark) for each in marked), ZERO)
    balance = wallet.margin_balance - wallet.unrealised_pnl + profit - wallet.haircut
    return needed, balance
