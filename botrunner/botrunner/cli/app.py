"""The program `tradefleet`, also installed as the plugin `kubectl tradefleet`."""

from importlib.metadata import version
from typing import Annotated

import typer

from botrunner.cli.crds import crds
from botrunner.cli.feed import feed
from botrunner.cli.resume import resume
from botrunner.cli.run import run
from botrunner.cli.runner import runner
from botrunner.cli.simulator import simulator
from botrunner.cli.status import status
from botrunner.cli.stop import stop
from botrunner.cli.validate import validate

app = typer.Typer(
    name="tradefleet",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("tradefleet"))
        raise typer.Exit


@app.callback()
def tradefleet(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Run crypto derivatives trading accounts on Kubernetes: one resource, one pod, one account."""


for command in (run, runner, validate, simulator, feed, status, stop, resume, crds):
    app.command()(command)


def main() -> None:
    """Run the command line; exits with 0 on success, 1 on refused input, 2 on wrong usage."""
    app()
