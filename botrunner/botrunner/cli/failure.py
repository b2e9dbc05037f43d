"""How a command says that it cannot go on."""

from typing import NoReturn

import typer


def fail(problem: str, command: str = "") -> NoReturn:
    """Say what is wrong on stderr, each line under the command's name, and end with 1."""
    speaker = f"tradefleet {command}".strip()
    for line in problem.splitlines():
        typer.echo(f"{speaker}: {line}", err=True)
    raise typer.Exit(1)
