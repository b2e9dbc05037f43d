"""`tradefleet status`: how accounts are doing."""

import typer

from botrunner.cli.failure import fail
from botrunner.cli.fleet_options import (
    AllNamespaces,
    Context,
    Format,
    Kubeconfig,
    Labels,
    Names,
    Namespace,
    OutputFormat,
    choice_of,
    open_cluster,
    show,
)
from botrunner.cli.fleet_tables import as_json, detail, overview
from botrunner.fleet.choose import Choice, ChoiceError, Chosen, check_choice, fetch_chosen
from botrunner.fleet.port import Accounts, ClusterError
from botrunner.fleet.view import view_account


def status(
    names: Names = None,
    labels: Labels = "",
    namespace: Namespace = None,
    all_namespaces: AllNamespaces = False,
    output: Format = OutputFormat.TABLE,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Show how accounts are doing: all of the namespace, or those named.

    One account by its name is shown in full: conditions that are not well,
    the stop and how to end it, positions and strategies.

    Exits with 1 where a name does not exist or the cluster does not answer.

    [bold]Examples[/bold]

    [cyan]tradefleet status -A[/cyan] every account of the cluster

    [cyan]tradefleet status account-001 -n clients[/cyan] one in full

    [cyan]tradefleet status -l desk=east -o json[/cyan] for a program
    """
    choice = choice_of(names, labels, False, namespace, all_namespaces)
    cluster = open_cluster(kubeconfig, context)
    try:
        check_choice(choice)
        chosen = fetch_chosen(cluster, choice)
    except (ChoiceError, ClusterError) as error:
        fail(str(error))
    _print(cluster, choice, chosen, output)
    for key in chosen.missing:
        typer.echo(f"tradefleet: {key}: there is no such TradingAccount", err=True)
    if chosen.missing:
        raise typer.Exit(1)


def _print(cluster: Accounts, choice: Choice, chosen: Chosen, output: OutputFormat) -> None:
    views = [view_account(raw) for raw in chosen.accounts]
    if output is OutputFormat.JSON:
        typer.echo(as_json(views))
    elif len(choice.names) == 1 and views:
        show(*detail(views[0]))
    elif views:
        show(overview(views, with_namespace=choice.all_namespaces))
    elif not chosen.missing:
        namespace = choice.namespace or cluster.namespace
        place = "the cluster" if choice.all_namespaces else f"namespace {namespace}"
        typer.echo(f"no TradingAccount in {place}; look everywhere with -A", err=True)
