"""Carries commands out."""

from collections.abc import Mapping
from datetime import timedelta
from typing import assert_never

from pydantic import ValidationError

from botrunner.simulator.bybit.wire import Row
from botrunner.simulator.control import commands
from botrunner.simulator.control.commands import COMMANDS, CommandBody
from botrunner.simulator.drive import PriceDriver
from botrunner.simulator.exchange import Exchange
from botrunner.simulator.faults import Fault, FaultKind, Faults, ForcedAnswer
from botrunner.simulator.price_source import PriceStep
from botrunner.simulator.rest.server import RestApi
from botrunner.simulator.streams.outbox import Disturbance
from botrunner.simulator.streams.server import Line, StreamServer
from botrunner.venue.commands import ApplyMoney, Command, DropBook, PrintTrade, SetBook, SetFees
from botrunner.venue.settings import FeeRates
from botrunner.venue.vocabulary import Side

FaultBody = (
    commands.RefuseHandshake
    | commands.RefuseSignIn
    | commands.LoseAcknowledgement
    | commands.Delay
    | commands.Answer
)
LineBody = commands.Cut | commands.Freeze | commands.Thaw | commands.Disturb


class ControlError(ValueError):
    """A command that cannot be done; the text names the field and what is wrong with it."""


def read_command(name: str, body: Mapping[str, object]) -> CommandBody:
    """The command of that name; raises ControlError for an unknown one or a wrong field."""
    model = COMMANDS.get(name)
    if model is None:
        raise ControlError(f"no command is called {name}; there are {', '.join(COMMANDS)}")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'body'}: {item['msg']}" for item in error.errors()
        )
        raise ControlError(f"{name}: {found}") from error


class Controls:
    """Everything commands act on."""

    def __init__(
        self,
        exchange: Exchange,
        driver: PriceDriver,
        faults: Faults,
        rest: RestApi,
        streams: StreamServer,
    ) -> None:
        self.exchange = exchange
        self.driver = driver
        self.faults = faults
        self.streams = streams
        self._rest = rest

    def act(self, name: str, body: Mapping[str, object]) -> Row:
        """Do one command; raises ControlError."""
        command = read_command(name, body)
        if isinstance(command, FaultBody):
            return self._add_fault(command)
        return self._act_on_lines(command) or self._act_on_prices(command) or self._act(command)

    def _act(self, command: CommandBody) -> Row:
        match command:
            case commands.Money(account=account, amount=amount):
                self.exchange.open_account(account)
                self._apply(ApplyMoney(account=account, amount=amount), "amount")
            case commands.Fees(account=account, maker=maker, taker=taker):
                self.exchange.open_account(account)
                fees = FeeRates(maker=maker, taker=taker)
                self._apply(SetFees(account=account, fees=fees), "account")
            case commands.Funding(symbol=symbol, rate=rate, settle=settle):
                market = self.exchange.markets[self._symbol(symbol)]
                market.funding_rate = market.funding_rate if rate is None else rate
                if settle:
                    self.exchange.settle_funding(symbol)
            case commands.Ban(address=address):
                self._rest.address_limit.ban(address, self.exchange.now())
            case commands.Clear():
                return self._clear()
            case _:
                raise ControlError(f"{type(command).__name__} is not known here")
        return {"done": True}

    def _act_on_prices(self, command: CommandBody) -> Row | None:
        match command:
            case commands.Price():
                self._set_price(command)
            case commands.Book(symbol=symbol, bids=bids, asks=asks):
                book = SetBook(symbol=self._symbol(symbol), bids=bids, asks=asks, snapshot=True)
                self._apply(book, "bids")
                self.exchange.tell_price_listeners(symbol)
            case commands.Trade(symbol=symbol, price=price, quantity=quantity, side=side):
                trade = PrintTrade(
                    symbol=self._symbol(symbol),
                    price=price,
                    quantity=quantity,
                    taker_side=Side(side),
                )
                self._apply(trade, "price")
            case commands.Step(count=count):
                return {"taken": self.driver.step(count)}
            case commands.Pause():
                self.driver.pause()
            case commands.Resume():
                self.driver.resume()
            case commands.Speed(speed=speed):
                self.driver.speed = speed
            case _:
                return None
        return {"done": True}

    def _act_on_lines(self, command: CommandBody) -> Row | None:
        if not isinstance(command, LineBody):
            return None
        lines = list(self.streams.lines(command.account, command.stream))
        for line in lines:
            self._act_on(line, command)
        return {"connections": len(lines)}

    def _act_on(self, line: Line, command: LineBody) -> None:
        outbox = line.connection.outbox
        match command:
            case commands.Cut(how="abort"):
                line.abort()
            case commands.Cut(code=code):
                self.streams.close(line, code)
            case commands.Freeze():
                outbox.frozen = True
            case commands.Thaw():
                outbox.frozen = False
            case commands.Disturb(jitter_milliseconds=jitter, duplicate_every=every):
                outbox.disturbance = Disturbance(
                    jitter_seconds=jitter / 1000, duplicate_every=every
                )
            case _:
                assert_never(command)

    def _set_price(self, price: commands.Price) -> None:
        symbol = self._symbol(price.symbol)
        self.exchange.apply(DropBook(symbol=symbol))
        self.exchange.take_step(
            PriceStep(
                symbol=symbol,
                offset=timedelta(0),
                last=price.last,
                mark=price.mark or price.last,
                index=price.index or price.last,
                bid=price.bid,
                ask=price.ask,
            )
        )

    def _add_fault(self, body: FaultBody) -> Row:
        fault = as_fault(body, self.faults.next_number())
        self.faults.add(fault)
        return {"fault": fault.number}

    def _clear(self) -> Row:
        for line in self.streams.lines():
            line.connection.outbox.frozen = False
            line.connection.outbox.disturbance = Disturbance()
        self._rest.address_limit.pardon()
        self.streams.connection_limit.pardon()
        return {"faults": self.faults.clear()}

    def _apply(self, command: Command, field: str) -> None:
        refusal = self.exchange.apply(command).refusal
        if refusal is not None:
            raise ControlError(f"{field}: the venue refuses it ({refusal.reason})")

    def _symbol(self, symbol: str) -> str:
        if symbol not in self.exchange.instruments:
            known = ", ".join(self.exchange.instruments)
            raise ControlError(f"symbol: there is no {symbol}; there are {known}")
        return symbol


def as_fault(body: FaultBody, number: int) -> Fault:
    """The fault that a command asks for."""
    match body:
        case commands.RefuseHandshake(stream=stream, status=status, count=count):
            return Fault(
                number=number,
                kind=FaultKind.REFUSE_HANDSHAKE,
                path=stream,
                remaining=count,
                answer=ForcedAnswer(http_status=status),
            )
        case commands.RefuseSignIn(account=account, code=code, message=message, count=count):
            return Fault(
                number=number,
                kind=FaultKind.REFUSE_SIGN_IN,
                account=account,
                remaining=count,
                answer=ForcedAnswer(code=code, message=message),
            )
        case commands.LoseAcknowledgement(account=account, path=path, hang=hang, count=count):
            return Fault(
                number=number,
                kind=FaultKind.LOSE_ACKNOWLEDGEMENT,
                account=account,
                path=path,
                remaining=count,
                hang=hang,
            )
        case commands.Delay(account=account, path=path, count=count):
            return Fault(
                number=number,
                kind=FaultKind.DELAY,
                account=account,
                path=path,
                remaining=count,
                delay_seconds=body.milliseconds / 1000,
            )
        case commands.Answer():
            return _forced_answer(body, number)
        case _:
            assert_never(body)


def _forced_answer(body: commands.Answer, number: int) -> Fault:
    return Fault(
        number=number,
        kind=FaultKind.ANSWER,
        account=body.account,
        path=body.path,
        remaining=body.count,
        answer=ForcedAnswer(
            code=body.code,
            message=body.message,
            http_status=body.http_status,
            limit_headers=body.limit_headers,
            reset_after_seconds=body.reset_after_seconds,
            after_acceptance=body.after_acceptance,
        ),
    )
