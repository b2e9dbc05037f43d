"""`tradefleet simulator`: an exchange on this machine."""

import asyncio
import errno
import json
import re
import signal
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from botrunner.cli.event_loop import loop_factory
from botrunner.cli.failure import fail

if TYPE_CHECKING:
    # What a simulator needs is imported when one starts: every other command does without.
    from botrunner.simulator.scenario_file import ScenarioFile
    from botrunner.simulator.server import Simulator
    from botrunner.simulator.settings import SimulatorSettings

DEFAULT_PORT = 8480
DEFAULT_CONTROL_PORT = 8481
CONTROL_TOKEN_VARIABLE = "TRADEFLEET_SIMULATOR_CONTROL_TOKEN"


class Output(StrEnum):
    """How the start is reported."""

    TEXT = "text"
    JSON = "json"


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is not a number") from None


def simulator(
    host: Annotated[str, typer.Option(help="Address of REST and streams.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port of REST and streams; 0 takes any.", min=0, max=65535)
    ] = DEFAULT_PORT,
    control_port: Annotated[
        int, typer.Option(help="Port of the control API; 0 takes any.", min=0, max=65535)
    ] = DEFAULT_CONTROL_PORT,
    control_token: Annotated[
        str | None,
        typer.Option(
            envvar=CONTROL_TOKEN_VARIABLE,
            help="Bearer token of the control API. With one it listens on --host, without one on "
            "loopback only. Others on the machine see arguments: prefer the environment.",
        ),
    ] = None,
    scenario: Annotated[
        Path | None,
        typer.Option(help="Scenario file (YAML) with contracts, prices, accounts and faults."),
    ] = None,
    symbols: Annotated[
        str, typer.Option(metavar="SYMBOL,...", help="Contracts to trade. Default: all five.")
    ] = "",
    prices: Annotated[
        list[str] | None,
        typer.Option(
            metavar="builtin|walk|[SYMBOL=]FILE",
            help="Recordings that ship with tradefleet, a seeded walk, or a file of candles (CSV) "
            "or order-book frames (JSON lines); may be repeated. Default: builtin.",
        ),
    ] = None,
    speed: Annotated[
        Decimal | None,
        typer.Option(
            parser=_decimal,
            metavar="NUMBER",
            help="How many times faster than real time prices run; the clock is always real. "
            "Default: 1.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the walks. Default: 1.")] = None,
    step: Annotated[
        bool, typer.Option("--step", help="Start paused: prices move by the control API only.")
    ] = False,
    initial_balance: Annotated[
        Decimal | None,
        typer.Option(
            parser=_decimal,
            metavar="USDT",
            help="Balance of an account when it is opened. Default: 10000.",
        ),
    ] = None,
    no_rate_limits: Annotated[
        bool, typer.Option("--no-rate-limits", help="Do not enforce the venue's rate limits.")
    ] = False,
    output: Annotated[
        Output, typer.Option("--output", "-o", help="How to say where it listens.")
    ] = Output.TEXT,
) -> None:
    """Run an exchange on this machine that speaks Bybit V5's REST and WebSocket formats.

    Any Bybit V5 client works against it once its address is changed. There is nothing to register:
    the key sim-NAME with the secret sim-NAME-secret opens the account NAME on its first signed
    call. The control API moves prices, injects faults and shows what every account did.

    [bold]Examples[/bold]

    [cyan]tradefleet simulator[/cyan] the five default contracts at real speed

    [cyan]tradefleet simulator --symbols XRPUSDT,BTCUSDT --speed 60[/cyan] an hour a minute

    [cyan]tradefleet simulator --prices walk --seed 7 --step[/cyan] prices move on demand

    [cyan]tradefleet simulator --prices XRPUSDT=candles.csv --port 0 -o json[/cyan] for scripts

    [cyan]tradefleet simulator --scenario crash.yaml[/cyan] prices, accounts and faults from a file
    """
    changes = {
        "speed": speed,
        "seed": seed,
        "step": step or None,
        "initialBalance": initial_balance,
        "rateLimits": False if no_rate_limits else None,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    file, settings = _prepare(scenario, symbols, prices or [], given)
    settings = replace(
        settings, host=host, port=port, control_port=control_port, control_token=control_token
    )
    _run(file, settings, output)


def _prepare(
    path: Path | None, symbols: str, prices: list[str], changes: dict[str, Any]
) -> "tuple[ScenarioFile, SimulatorSettings]":
    from botrunner.simulator.scenario_faults import check_faults
    from botrunner.simulator.scenario_file import ScenarioError, change_scenario, load_scenario
    from botrunner.simulator.scenario_options import COMMAND_LINE, scenario_from_options
    from botrunner.simulator.scenario_settings import settings_for

    names = [name.strip() for name in symbols.split(",") if name.strip()]
    if path is not None and (names or prices):
        _fail("give --scenario, or --symbols and --prices, not both: the file says what is traded")
    try:
        file = load_scenario(path) if path else scenario_from_options(names, prices)
        file = change_scenario(file, COMMAND_LINE, changes)
        check_faults(file)
        return file, settings_for(file)
    except ScenarioError as error:
        _fail(str(error))


def _run(file: "ScenarioFile", settings: "SimulatorSettings", output: Output) -> None:
    from botrunner.simulator.scenario_file import ScenarioError

    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve(file, settings, output))
    except ScenarioError as error:
        _fail(str(error))
    except OSError as error:
        _fail(_explain(error, settings))


async def _serve(file: "ScenarioFile", settings: "SimulatorSettings", output: Output) -> None:
    """Run until SIGTERM or SIGINT, which end it cleanly."""
    serving = asyncio.create_task(_simulate(file, settings, output))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving


async def _simulate(file: "ScenarioFile", settings: "SimulatorSettings", output: Output) -> None:
    from botrunner.service.clock import SystemClock
    from botrunner.simulator.scenario_faults import play_faults
    from botrunner.simulator.server import Simulator

    clock = SystemClock()
    running = await Simulator.start(settings, clock)
    faults = asyncio.create_task(play_faults(file, running, clock))
    try:
        typer.echo(_report(running, settings, output))
        await asyncio.gather(faults, running.wait())
    finally:
        faults.cancel()
        await running.stop()


def _report(running: "Simulator", settings: "SimulatorSettings", output: Output) -> str:
    addresses = {
        "rest": running.rest_url,
        "publicStream": running.public_url,
        "privateStream": running.private_url,
        "control": running.control_url,
    }
    symbols = [instrument.symbol for instrument in settings.instruments]
    if output is Output.JSON:
        return json.dumps({"ready": True, **addresses, "symbols": symbols})
    moves = "moved by the control API" if settings.stepping else f"at {settings.speed}x real time"
    return _GREETING.format(
        **addresses, symbols=", ".join(symbols), moves=moves, balance=settings.initial_balance
    )


_GREETING = """\
An exchange on this machine: {symbols}; prices {moves}.

  REST             {rest}
  public streams   {publicStream}
  private streams  {privateStream}
  control API      {control}  (GET / lists its calls)

Sign in with the key sim-NAME and the secret sim-NAME-secret: any NAME opens an account
with {balance} USDT on its first signed call. In Python:

  from pybit.unified_trading import HTTP
  session = HTTP(api_key="sim-alice", api_secret="sim-alice-secret")
  session.endpoint = "{rest}"

Without a key:

  curl '{rest}/v5/market/time'

Ready. Ctrl-C stops it."""


def _explain(error: OSError, settings: "SimulatorSettings") -> str:
    # The event loop names the address in its text only.
    found = re.search(r"\('([^']*)', (\d+)", str(error))
    host, port = (found[1], int(found[2])) if found else (settings.host, settings.port)
    option = "--control-port" if port == settings.control_port else "--port"
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"port {port} on {host} is in use; stop what listens there or give another "
                f"{option} (0 takes any that is free)"
            )
        case errno.EACCES:
            return f"port {port} on {host} is not permitted; give a {option} above 1023"
        case _:
            return f"cannot listen on {host}, port {port}: {error.strerror or error}; check --host"


def _fail(problem: str) -> NoReturn:
    fail(problem, "simulator")
