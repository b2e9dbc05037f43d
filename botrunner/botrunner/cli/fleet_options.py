"""What the commands over many accounts share: options, the door, the way results are printed."""

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from botrunner.cli.failure import fail
from botrunner.fleet.choose import Choice
from botrunner.fleet.port import Accounts, ClusterError

if TYPE_CHECKING:
    # A runner's pod starts from the same program: it does not load what paints tables.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

WIDE = 4000
"""Columns where there is no terminal: nothing is cut or wrapped for a script."""


class OutputFormat(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"


Names: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="ACCOUNT", help="Names of TradingAccounts.", show_default=False),
]
Labels: TypeAlias = Annotated[
    str,
    typer.Option("--selector", "-l", metavar="LABELS", help="Accounts with these labels: a=b,c!=d"),
]
Everything: TypeAlias = Annotated[
    bool, typer.Option("--all", help="All accounts of the namespace; with -A of the cluster.")
]
Namespace: TypeAlias = Annotated[
    str | None,
    typer.Option("--namespace", "-n", help="Namespace. Default: that of the context."),
]
AllNamespaces: TypeAlias = Annotated[
    bool, typer.Option("--all-namespaces", "-A", help="Accounts of all namespaces.")
]
Context: TypeAlias = Annotated[
    str | None, typer.Option("--context", help="Context of the kubeconfig. Default: the current.")
]
Kubeconfig: TypeAlias = Annotated[
    Path | None,
    typer.Option("--kubeconfig", help="Default: KUBECONFIG, else ~/.kube/config."),
]
Format: TypeAlias = Annotated[
    OutputFormat, typer.Option("--output", "-o", help="How results are printed.")
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
]
Yes: TypeAlias = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask, with --all or -A on a terminal.")
]
Wait: TypeAlias = Annotated[
    bool, typer.Option("--wait", "-w", help="Return when every runner says that it is done.")
]
Timeout: TypeAlias = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=1, help="So long --wait waits."),
]


def open_cluster(kubeconfig: Path | None, context: str | None) -> Accounts:
    """The cluster; ends the command where there is none."""
    try:
        # Only these commands need the client: it comes with the extra `cli`.
        from botrunner.fleet.kube import KubeAccounts
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed; pip install 'tradefleet[cli]'")
    try:
        return KubeAccounts(kubeconfig, context)
    except ClusterError as error:
        fail(str(error))


def choice_of(
    names: list[str] | None,
    labels: str,
    everything: bool,
    namespace: str | None,
    all_namespaces: bool,
) -> Choice:
    """What was said about which accounts."""
    return Choice(
        names=tuple(names or ()),
        labels=labels,
        everything=everything,
        namespace=namespace,
        all_namespaces=all_namespaces,
    )


def plain_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> "Table":
    """A table as kubectl prints them: no lines, nothing cut."""
    from rich.table import Table
    from rich.text import Text

    titles = list(columns)
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.show_header = any(titles)
    for column in titles:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text: what others wrote is no markup.
        table.add_row(*(Text(cell) for cell in row))
    return table


def heading(text: str) -> "Text":
    """A line above a table."""
    from rich.text import Text

    return Text(f"\n{text}", style="bold")


def screen(*, stderr: bool = False) -> "Console":
    """Standard output; without a terminal nothing is coloured, cut or wrapped."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(highlight=False, stderr=stderr)
    return Console(highlight=False, stderr=stderr, width=WIDE, color_system=None)


def show(*parts: Any) -> None:
    """Print tables and lines; without a terminal no line ends in blanks."""
    console = screen()
    for part in parts:
        if console.is_terminal:
            console.print(part)
            continue
        with console.capture() as printed:
            console.print(part)
        for line in printed.get().splitlines():
            typer.echo(line.rstrip())
