"""The engine's reads and settings, and the reads before trading begins, as events and values."""

from botrunner.domain.actions import (
    ApplySetting,
    ReadAccount,
    ReadSymbol,
    ReadTransfers,
    ResolveOrder,
)
from botrunner.domain.control import (
    AccountRead,
    Event,
    InstrumentRead,
    PositionsUnreadable,
    ReadFailed,
    Setting,
    SettingApplied,
    SettingLost,
    SettingRefused,
    TransfersRead,
)
from botrunner.domain.events import OrderEvent, WalletChanged
from botrunner.domain.market import FeeRates
from botrunner.domain.position import Position
from botrunner.exchanges.bybit import fields, mapper_account, mapper_market, mapper_orders, requests
from botrunner.exchanges.bybit.deliver import Delivery
from botrunner.exchanges.bybit.fields import Row
from botrunner.exchanges.bybit.reads import Reads
from botrunner.exchanges.bybit.requests import Request
from botrunner.exchanges.bybit.rest import Reply, Rest
from botrunner.exchanges.errors import (
    ExchangeError,
    MessageError,
    NotApplicableError,
    RejectedError,
    error_for,
)
from botrunner.exchanges.market_data import CandleChanged
from botrunner.exchanges.outcome import Failure, Operation, Outcome, Problem, outcome_of
from botrunner.exchanges.port import KeyInformation, Listeners, MessageRefused
from botrunner.service.clock import Clock

_CROSS = "REGULAR_MARGIN"


class Questions:
    """Asks for one account."""

    def __init__(
        self, delivery: Delivery, reads: Reads, rest: Rest, listeners: Listeners, clock: Clock
    ) -> None:
        self._delivery = delivery
        self._reads = reads
        self._rest = rest
        self._listeners = listeners
        self._clock = clock

    async def resolve(self, action: ResolveOrder) -> tuple[OrderEvent, ...]:
        """The order's events; none where the reads failed."""
        try:
            return await self._reads.order(action.order_id, action.symbol)
        except (ExchangeError, MessageError) as error:
            self._unread(f"order {action.order_id}", error)
            return ()

    async def read_symbol(self, action: ReadSymbol) -> Event:
        """SymbolRead or ReadFailed."""
        try:
            return await self._reads.symbol(action.token, action.symbol)
        except (ExchangeError, MessageError) as error:
            return self._failed(action.token, action.symbol, error)

    async def read_account(self, action: ReadAccount) -> tuple[Event, ...]:
        """AccountRead; or ReadFailed, after PositionsUnreadable where they were.

        ReadFailed comes after SettingLost where the wallet has no figures, as under isolated
        margin.
        """
        started_at = self._rest.venue_now()
        try:
            positions = await self._positions()
            open_rows = await self._reads.open_orders()
            wallet = await self._reads.wallet()
        except _PositionsError as error:
            failed = self._failed(action.token, "positions", error.error)
            at = self._clock.now()
            return (PositionsUnreadable(at=at, message=str(error.error)), failed)
        except NotApplicableError as error:
            failed = self._failed(action.token, "account", error)
            at, cross = self._clock.now(), Setting.CROSS_MARGIN
            return (SettingLost(setting=cross, message=str(error), at=at), failed)
        except (ExchangeError, MessageError) as error:
            return (self._failed(action.token, "account", error),)
        return (
            AccountRead(
                token=action.token,
                started_at=started_at,
                positions=positions,
                open_orders=tuple(mapper_orders.read_order(row) for row in open_rows),
                wallet=wallet,
                at=self._rest.venue_now(),
            ),
        )

    async def read_wallet(self) -> WalletChanged:
        """The wallet now. Raises ExchangeError."""
        try:
            return WalletChanged(wallet=await self._reads.wallet())
        except MessageError as error:
            raise self._unreadable("wallet", error) from None

    async def read_transfers(self, action: ReadTransfers) -> Event:
        """TransfersRead or ReadFailed."""
        until = self._rest.venue_now()
        try:
            transfers = await self._reads.transfers(action.since, until)
        except (ExchangeError, MessageError) as error:
            return self._failed(action.token, "transfers", error)
        return TransfersRead(
            token=action.token, transfers=transfers, until=until, at=self._clock.now()
        )

    async def apply_setting(self, action: ApplySetting) -> Event:
        """SettingApplied or SettingRefused."""
        try:
            await self._set(action)
        except ExchangeError as error:
            if outcome_of(error.problem.failure, Operation.SETTING) is not Outcome.CONFIRMED:
                return SettingRefused(
                    symbol=action.symbol,
                    setting=action.setting,
                    message=str(error.problem),
                    at=self._clock.now(),
                )
        return SettingApplied(
            symbol=action.symbol,
            setting=action.setting,
            value=action.value,
            at=self._clock.now(),
        )

    async def read_instrument(self, symbol: str) -> InstrumentRead:
        """Steps, limits, tiers and fees. Raises ExchangeError."""
        try:
            row = await self._one(requests.instrument(symbol), symbol)
            if not mapper_market.is_trading(row):
                raise _unknown_symbol(symbol)
            tiers = fields.rows((await self._ask(requests.risk_tiers(symbol))).result)
            own = [tier for tier in tiers if tier.get("symbol") == symbol]
            instrument = mapper_market.instrument(row, own)
            fees = await self._fees(symbol)
        except MessageError as error:
            raise self._unreadable(f"instrument {symbol}", error) from None
        return InstrumentRead(at=self._clock.now(), instrument=instrument, fees=fees)

    async def read_key(self) -> KeyInformation:
        """Owner and permissions. Raises ExchangeError."""
        reply = await self._ask(requests.key_information())
        try:
            return mapper_account.key_information(reply.result)
        except MessageError as error:
            raise self._unreadable("key", error) from None

    async def read_candles(
        self, symbol: str, interval: str, limit: int
    ) -> tuple[CandleChanged, ...]:
        """The newest candles, oldest first. Raises ExchangeError."""
        reply = await self._ask(requests.candles(symbol, interval, limit))
        try:
            rows = fields.items(reply.result, "list")
            now = fields.moment({"time": reply.time_ms}, "time")
            return mapper_market.rest_candles(symbol, interval, rows, now)
        except MessageError as error:
            raise self._unreadable(f"candles of {symbol}", error) from None

    async def _positions(self) -> tuple[Position, ...]:
        try:
            return await self._reads.positions()
        except (ExchangeError, MessageError) as error:
            raise _PositionsError(error) from None

    async def _set(self, action: ApplySetting) -> None:
        if action.setting is Setting.CROSS_MARGIN and await self._is_cross():
            return
        await self._ask(requests.apply_setting(action))

    async def _is_cross(self) -> bool:
        # The venue has no "not modified" for the margin mode, and refuses it with open positions.
        reply = await self._ask(requests.account_information())
        return reply.result.get("marginMode") == _CROSS

    async def _fees(self, symbol: str) -> FeeRates:
        if not self._rest.has_keys:
            return mapper_market.DEFAULT_FEES
        try:
            return mapper_market.fee_rates(await self._one(requests.fee_rates(symbol), symbol))
        except RejectedError:
            return mapper_market.DEFAULT_FEES

    async def _ask(self, request: Request) -> Reply:
        return await self._delivery.deliver(request)

    async def _one(self, request: Request, symbol: str) -> Row:
        reply = await self._ask(request)
        for row in fields.rows(reply.result):
            if row.get("symbol") == symbol:
                return row
        raise _unknown_symbol(symbol)

    def _failed(self, token: int, what: str, error: ExchangeError | MessageError) -> ReadFailed:
        self._unread(what, error)
        return ReadFailed(token=token, message=str(error), at=self._clock.now())

    def _unreadable(self, what: str, error: MessageError) -> ExchangeError:
        self._unread(what, error)
        text = f"{what}: {error}"
        return error_for(Operation.READ, Problem(failure=Failure.UNMAPPED, text=text))

    def _unread(self, what: str, error: ExchangeError | MessageError) -> None:
        """Report what could not be believed; failed requests report themselves."""
        if isinstance(error, MessageError):
            at = self._clock.now()
            self._listeners.report(
                MessageRefused(origin=what, message="", problem=str(error), at=at)
            )


class _PositionsError(Exception):
    def __init__(self, error: ExchangeError | MessageError) -> None:
        super().__init__(str(error))
        self.error = error


def _unknown_symbol(symbol: str) -> ExchangeError:
    problem = Problem(
        failure=Failure.PARAMETER,
        text=f"{symbol} is no linear perpetual that trades here",
        remedy="check the strategy's symbol",
    )
    return RejectedError(problem)
