"""The venue itself: takes commands, lets things settle, hands out what happened."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.venue.account import Account, Holding
from botrunner.venue.band import price_band
from botrunner.venue.commands import Command
from botrunner.venue.dispatch import dispatch
from botrunner.venue.events import Outcome
from botrunner.venue.floor import Floor, Pools
from botrunner.venue.liquidation import examine
from botrunner.venue.market import Market
from botrunner.venue.money import ZERO, exact
from botrunner.venue.order import Order
from botrunner.venue.readings import (
    read_account,
    read_book,
    read_conservation,
    read_position,
    read_prices,
    read_symbol_settings,
    read_wallet,
)
from botrunner.venue.records import ClosedPnl, Execution, OrderSnapshot, Transaction
from botrunner.venue.refusals import Refusal
from botrunner.venue.settings import VenueSettings
from botrunner.venue.triggers import fire_due
from botrunner.venue.views import (
    AccountView,
    BookView,
    Conservation,
    PositionView,
    PriceBand,
    PricesView,
    SymbolSettingsView,
    WalletView,
)
from botrunner.venue.vocabulary import PositionIdx

_START = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownNameError(LookupError):
    """An account or a symbol that the venue does not have was asked for."""


class Venue:
    """One simulated exchange with all its accounts and symbols; see the package's docstring.

    Everything but ``handle`` only reads. Reading an account or a symbol that is not there raises
    UnknownNameError.
    """

    def __init__(
        self, instruments: Iterable[Instrument], settings: VenueSettings | None = None
    ) -> None:
        self.settings = settings or VenueSettings()
        insurance = self.settings.insurance_balance
        self._floor = Floor(
            settings=self.settings,
            markets={each.symbol: Market(instrument=each) for each in instruments},
            at=_START,
            pools=Pools(deposits=insurance, insurance=insurance),
        )

    def handle(self, command: Command, *, at: datetime) -> Outcome:
        """Do what the command says, and everything that follows from it.

        Raises ValueError if ``at`` is naive or lies before the last command.
        """
        if at.tzinfo is None or at < self._floor.at:
            raise ValueError(f"time is aware and goes forward: {at} after {self._floor.at}")
        self._floor.at = at
        with exact():
            answer = dispatch(self._floor, command)
            if isinstance(answer, Refusal):
                return Outcome(refusal=answer)
            self._settle_down()
            return Outcome(events=self._floor.tape.drain(), orders=_shown(answer))

    def symbols(self) -> tuple[str, ...]:
        """All symbols, in the order in which they were given."""
        return tuple(self._floor.markets)

    def instrument(self, symbol: str) -> Instrument:
        """The symbol's rules."""
        return self._market(symbol).instrument

    def prices(self, symbol: str) -> PricesView | None:
        """None until the symbol's first price."""
        return read_prices(self._market(symbol))

    def book(self, symbol: str, depth: int = 50) -> BookView | None:
        """None until the symbol's first price or book."""
        return read_book(self._market(symbol), depth)

    def price_band(self, symbol: str) -> PriceBand | None:
        """None until the symbol's first price; as of the last command."""
        market = self._market(symbol)
        if market.prices is None:
            return None
        with exact():
            return price_band(market, market.prices, self.settings, self._floor.at)

    def open_interest(self, symbol: str) -> Decimal:
        """Base coins: the sizes of all accounts' positions, longs and shorts added up."""
        holders = self._market(symbol).holders.values()
        return sum((abs(p.size) for h in holders for p in h.open_positions()), ZERO)

    def accounts(self) -> tuple[str, ...]:
        """All accounts, oldest first."""
        return tuple(self._floor.accounts)

    def has_account(self, account: str) -> bool:
        """Whether it was opened."""
        return account in self._floor.accounts

    def account(self, account: str) -> AccountView:
        """The account's settings."""
        return read_account(self._account(account))

    def symbol_settings(self, account: str, symbol: str) -> SymbolSettingsView:
        """The account's settings on one symbol."""
        return read_symbol_settings(self._holding(account, symbol))

    def wallet(self, account: str) -> WalletView:
        """The account's money and margin."""
        with exact():
            return read_wallet(self._floor, self._account(account))

    def position(self, account: str, symbol: str, position_idx: PositionIdx) -> PositionView:
        """One position, flat or not."""
        holding = self._holding(account, symbol)
        with exact():
            return read_position(
                self._floor, self._account(account), holding, holding.position(position_idx)
            )

    def positions(self, account: str, symbol: str | None = None) -> tuple[PositionView, ...]:
        """Of one symbol those of its mode, flat ones too; of all symbols the open ones."""
        owner = self._account(account)
        if symbol is None:
            found = [(h, p) for h in owner.holdings.values() for p in h.open_positions()]
        else:
            holding = self._holding(account, symbol)
            found = [(holding, position) for position in holding.positions()]
        with exact():
            return tuple(read_position(self._floor, owner, h, p) for h, p in found)

    def open_orders(self, account: str, symbol: str | None = None) -> tuple[OrderSnapshot, ...]:
        """Open orders, untriggered ones and stops of positions included, oldest first."""
        orders = self._account(account).open_orders.values()
        return tuple(o.shown for o in orders if o.shown and symbol in (None, o.symbol))

    def order(self, account: str, *, order_id: str = "", link_id: str = "") -> OrderSnapshot | None:
        """An order by either id (``order_id`` wins), open or remembered."""
        return self._account(account).order(order_id, link_id)

    def closed_orders(self, account: str) -> Sequence[OrderSnapshot]:
        """Ended orders, in the order in which they ended. Live: do not change or keep it."""
        return self._account(account).closed_orders

    def executions(self, account: str) -> Sequence[Execution]:
        """Fills and funding payments. Live: do not change or keep it."""
        return self._account(account).executions

    def closed_pnl(self, account: str) -> Sequence[ClosedPnl]:
        """What closing orders realised. Live: do not change or keep it."""
        return self._account(account).closed_pnl

    def transactions(self, account: str) -> Sequence[Transaction]:
        """Everything that moved the wallet. Live: do not change or keep it."""
        return self._account(account).transactions

    def conservation(self) -> Conservation:
        """Where all the money is."""
        with exact():
            return read_conservation(self._floor)

    def _settle_down(self) -> None:
        floor = self._floor
        while floor.to_trigger or floor.to_examine:
            while floor.to_trigger:
                symbol = next(iter(floor.to_trigger))
                del floor.to_trigger[symbol]
                fire_due(floor, floor.markets[symbol])
            if floor.to_examine:
                name = next(iter(floor.to_examine))
                del floor.to_examine[name]
                examine(floor, floor.accounts[name])

    def _market(self, symbol: str) -> Market:
        market = self._floor.markets.get(symbol)
        if market is None:
            raise UnknownNameError(f"no symbol {symbol!r}; there are {', '.join(self.symbols())}")
        return market

    def _account(self, name: str) -> Account:
        account = self._floor.accounts.get(name)
        if account is None:
            raise UnknownNameError(f"no account {name!r}")
        return account

    def _holding(self, account: str, symbol: str) -> Holding:
        self._market(symbol)
        owner = self._account(account)
        return owner.holdings.get(symbol) or self._floor.plain_holding(owner, symbol)


def _shown(answer: Order | list[Order] | None) -> tuple[OrderSnapshot, ...]:
    if answer is None:
        return ()
    orders = [answer] if isinstance(answer, Order) else answer
    return tuple(order.shown for order in orders if order.shown is not None)
