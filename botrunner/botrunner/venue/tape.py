"""What happened during one command, put in the order in which it should be told."""

from dataclasses import dataclass, field

from botrunner.venue.account import Account
from botrunner.venue.events import (
    Event,
    Executed,
    Liquidated,
    MoneyMoved,
    OrderChanged,
    PnlClosed,
    PositionChanged,
    PublicTrade,
    WalletChanged,
)
from botrunner.venue.position import Position


@dataclass(slots=True, eq=False)
class Tape:
    """Collects events; a position and a wallet are told once, as they are at the end."""

    flow: list[OrderChanged | Executed] = field(default_factory=list)
    records: list[PnlClosed | MoneyMoved] = field(default_factory=list)
    trades: list[PublicTrade | Liquidated] = field(default_factory=list)
    positions: dict[tuple[str, str, int], tuple[Position, int]] = field(default_factory=dict)
    wallets: dict[str, tuple[Account, int]] = field(default_factory=dict)

    def touch(self, account: Account, symbol: str, position: Position, seq: int) -> None:
        """A position, or an order on its symbol, changed, and the account's margin with it."""
        position.seq = seq
        self.positions[(account.name, symbol, position.position_idx)] = (position, seq)
        self.wallets[account.name] = (account, seq)

    def touch_wallet(self, account: Account, seq: int) -> None:
        """Money or margin changed without a position."""
        self.wallets[account.name] = (account, seq)

    def drain(self) -> tuple[Event, ...]:
        """Everything so far; the tape is empty afterwards."""
        events: list[Event] = [*self.flow, *self.records, *self.trades]
        for (account, symbol, _), (position, seq) in self.positions.items():
            events.append(
                PositionChanged(
                    account=account,
                    symbol=symbol,
                    position_idx=position.position_idx,
                    size=position.size,
                    seq=seq,
                )
            )
        for name, (wallet, seq) in self.wallets.items():
            events.append(WalletChanged(account=name, balance=wallet.balance, seq=seq))
        for collected in (self.flow, self.records, self.trades, self.positions, self.wallets):
            collected.clear()
        return tuple(events)
