"""`tradefleet run`: trade accounts from files on this machine."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from botrunner.cli.account_files import was_followed
from botrunner.cli.event_loop import loop_factory
from botrunner.cli.failure import fail
from botrunner.cli.line_printer import LinePrinter
from botrunner.cli.validate import faults_of

if TYPE_CHECKING:
    # What a runner needs is imported when one starts: every other command does without.
    from botrunner.cli.run_accounts import Fleet, RunSettings

DEFAULT_FILE = Path("account.yaml")
PRINT_SECONDS = 0.5
"""So long the last lines are waited for at the end (GR-52)."""


class Output(StrEnum):
    """How a run shows what happens."""

    TEXT = "text"
    JSON = "json"


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is not a number") from None
    if not number.is_finite() or number <= 0:
        raise typer.BadParameter("must be greater than 0")
    return number


def run(
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="A file with TradingAccounts and their Secrets; may be given several times. "
            "Default: account.yaml.",
        ),
    ] = None,
    state_dir: Annotated[
        Path,
        typer.Option(help="Folder in which each account gets a folder of its own."),
    ] = Path(),
    audit: Annotated[
        Path | None,
        typer.Option(help="Append every step of every engine to this file, as JSON lines."),
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            help="Serve /metrics, /livez and /readyz on this port of loopback; 0 takes any.",
            min=0,
            max=65535,
        ),
    ] = None,
    speed: Annotated[
        Decimal,
        typer.Option(
            parser=_decimal,
            metavar="NUMBER",
            help="How many times faster than real time the prices of the simulator inside run.",
        ),
    ] = Decimal(1),
    output: Annotated[
        Output | None,
        typer.Option(
            "--output",
            "-o",
            help="text: a live view on a terminal; json: the log as JSON lines. "
            "Default: text on a terminal, json elsewhere.",
        ),
    ] = None,
) -> None:
    """Trade the accounts of files on this machine, without a cluster.

    An edit of a file is a patch: parameters act live, and so does the stop.
    Set spec.emergencyStop: true, or create STATE_DIR/ACCOUNT/.emergency_stop,
    and the account stops within a second. A stop that the runner engaged by
    itself ends when its file is deleted, or when spec.acknowledgedEmergency
    names its id.

    With environment: simulated and no endpoints, an exchange inside this
    process is traded, with recorded prices: no keys, no network, no risk.

    Keys come from the Secret in the file, else from the environment or .env:
    ACCOUNT_EXCHANGE_API_KEY and ACCOUNT_EXCHANGE_API_SECRET.

    Ctrl-C or SIGTERM ends the run within 5 seconds; orders stay as they rest,
    and the next start goes on from them.

    [bold]Examples[/bold]

    [cyan]tradefleet run -f examples/account-001.yaml[/cyan] a grid on the simulator

    [cyan]tradefleet run -f examples/account-001.yaml --speed 60[/cyan] an hour a minute

    [cyan]tradefleet run -f a.yaml -f b.yaml --metrics-port 9090 -o json[/cyan] as a service
    """
    chosen = [path.absolute() for path in files or [DEFAULT_FILE]]
    _refuse_the_wrong(chosen, state_dir.absolute())
    from botrunner.cli.run_accounts import RunSettings
    from botrunner.service.settings import environment

    with _audit_file(audit) as sink:
        settings = RunSettings(
            files=tuple(dict.fromkeys(chosen)),
            state_dir=state_dir.absolute(),
            audit=sink,
            metrics_port=metrics_port,
            speed=speed,
            environment=environment(Path.cwd()),
        )
        _run(settings, _output(output))
    _leave()


def _run(settings: "RunSettings", output: Output) -> None:
    from botrunner.cli.live_view import LiveView
    from botrunner.cli.run_accounts import RunError, run_accounts
    from botrunner.runtime.venues import VenueError

    view = LiveView() if output is Output.TEXT else None
    printer = LinePrinter(sys.stdout)

    def print_record(record: Mapping[str, object]) -> None:
        printer.print(json.dumps(record))

    hear: Callable[[Mapping[str, object]], None] = view.hear if view else print_record
    show: Callable[[Fleet], None] = view.begin if view else _nothing
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(run_accounts(settings, hear, show))
    except (RunError, VenueError) as error:
        _fail(str(error))
    finally:
        if view is not None:
            view.end()
        printer.close(PRINT_SECONDS)


def _refuse_the_wrong(files: list[Path], state_dir: Path) -> None:
    """A wrong file starts nothing, but where it was followed before: exits must go on (RI-6)."""
    faults = faults_of(str(path) for path in files)
    for line in faults:
        typer.echo(line, err=True)
    wrong = [path for path in files if faults_of([str(path)])]
    are_twins = bool(faults) and not wrong
    if are_twins or not all(was_followed(path, state_dir) for path in wrong):
        raise typer.Exit(1)


def _audit_file(path: Path | None) -> AbstractContextManager[TextIO | None]:
    if path is None:
        return nullcontext()
    try:
        return path.open("a", encoding="utf-8", buffering=1)
    except OSError as error:
        _fail(f"--audit {path}: {error.strerror}; name a file that can be written")


def _output(chosen: Output | None) -> Output:
    if chosen is not None:
        return chosen
    return Output.TEXT if sys.stdout.isatty() else Output.JSON


def _nothing(fleet: "Fleet") -> None:
    """Lines say everything."""


def _leave() -> NoReturn:
    """End now: a request that nobody waits for any more would hold its thread, and us, for 10 s."""
    os._exit(0)  # Both streams are flushed with every line.


def _fail(problem: str) -> NoReturn:
    fail(problem, "run")
