"""The state of the whole venue, handed to everything that works on it."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from botrunner.venue.account import Account, Holding
from botrunner.venue.market import Market, Prices
from botrunner.venue.money import ZERO
from botrunner.venue.settings import VenueSettings
from botrunner.venue.tape import Tape


@dataclass(slots=True, kw_only=True, eq=False)
class Pools:
    """Money that is nobody's wallet."""

    deposits: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    insurance: Decimal = ZERO


@dataclass(slots=True, kw_only=True, eq=False)
class Counters:
    """The last number given of each kind: ids come from these and from nothing else."""

    seq: int = 0
    order: int = 0
    execution: int = 0
    transaction: int = 0
    trade: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Floor:
    """Markets, accounts and money, and what is still to be looked at in this command."""

    settings: VenueSettings
    markets: dict[str, Market]
    at: datetime
    accounts: dict[str, Account] = field(default_factory=dict)
    pools: Pools = field(default_factory=Pools)
    counters: Counters = field(default_factory=Counters)
    tape: Tape = field(default_factory=Tape)
    to_trigger: dict[str, None] = field(default_factory=dict)
    """Symbols on which a trigger may be due."""
    to_examine: dict[str, None] = field(default_factory=dict)
    """Accounts whose margin may be gone."""

    def next_seq(self) -> int:
        """The number of the next match or change."""
        self.counters.seq += 1
        return self.counters.seq

    def next_order_number(self) -> int:
        """The number of the next order."""
        self.counters.order += 1
        return self.counters.order

    def next_execution_id(self) -> str:
        """Unique over the venue."""
        self.counters.execution += 1
        return identity(0xE, self.counters.execution)

    def next_transaction_id(self) -> str:
        """Unique over the venue."""
        self.counters.transaction += 1
        return identity(0xC, self.counters.transaction)

    def next_trade_id(self) -> str:
        """Unique over the venue."""
        self.counters.trade += 1
        return identity(0xD, self.counters.trade)

    def holding(self, account: Account, symbol: str) -> Holding:
        """The account's holding on a symbol, made at its first use."""
        holding = account.holdings.get(symbol)
        if holding is None:
            holding = account.holdings[symbol] = self.plain_holding(account, symbol)
        return holding

    def plain_holding(self, account: Account, symbol: str) -> Holding:
        """What a holding is before its first use."""
        most = self.markets[symbol].instrument.max_leverage
        leverage = min(self.settings.default_leverage, most)
        return Holding(
            account=account.name,
            symbol=symbol,
            created_at=self.at,
            buy_leverage=leverage,
            sell_leverage=leverage,
        )

    def prices(self, symbol: str) -> Prices:
        """The prices of a symbol that is known to have some."""
        prices = self.markets[symbol].prices
        if prices is None:
            raise LookupError(f"{symbol} has no price yet")
        return prices


def identity(kind: int, number: int) -> str:
    """An id in the shape of a UUID, made of a counter."""
    return f"{kind:08x}-0000-4000-8000-{number:012x}"
