"""`tradefleet resume`: end the emergency stop of many accounts."""

from typing import Annotated

import typer

from botapi.model import Json
from botapi.v1alpha1.emergency import EmergencyCause
from botrunner.cli.failure import fail
from botrunner.cli.fleet_change import Change, make_change
from botrunner.cli.fleet_options import (
    AllNamespaces,
    Context,
    DryRun,
    Everything,
    Format,
    Kubeconfig,
    Labels,
    Names,
    Namespace,
    OutputFormat,
    Timeout,
    Wait,
    Yes,
    choice_of,
    open_cluster,
)
from botrunner.fleet.carry_out import Result
from botrunner.fleet.decide import (
    Decision,
    Outcome,
    decide_release,
    decide_resume,
    is_ended,
    still_holds,
)


def resume(
    names: Names = None,
    labels: Labels = "",
    everything: Everything = False,
    namespace: Namespace = None,
    all_namespaces: AllNamespaces = False,
    cause: Annotated[
        EmergencyCause | None,
        typer.Option(
            "--cause",
            help="Only stops of this cause: person takes the switches back, every other one "
            "acknowledges the latched stop. Default: both.",
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy", help="End the hold of this strategy instead of the account's stop."
        ),
    ] = None,
    wait: Wait = False,
    timeout: Timeout = 60,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Format = OutputFormat.TABLE,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """End the stop of accounts, and say what still holds.

    A person's stop ends when spec.emergencyStop and the annotation are taken
    back; a stop that the runner engaged by itself when its id is acknowledged.
    Look at the reason first: tradefleet status ACCOUNT.

    Exits with 1 where an account failed, or was not done in time with --wait.

    [bold]Examples[/bold]

    [cyan]tradefleet resume account-001 -n clients --wait[/cyan]

    [cyan]tradefleet resume --all -A --cause stream[/cyan] after an outage of the exchange

    [cyan]tradefleet resume account-001 --strategy xrp[/cyan] after a reduction by hand
    """
    if strategy is not None and (cause is not None or wait):
        fail("--strategy ends a hold, not a stop; leave out --cause and --wait")

    def decide(raw: Json) -> Decision:
        if strategy is not None:
            return decide_release(raw, strategy)
        return decide_resume(raw, cause)

    def is_over(raw: Json, result: Result) -> bool:
        return result.outcome is Outcome.UNCHANGED or is_ended(
            raw, generation=result.generation, before=result.stood
        )

    change = Change(
        verb="Resume",
        decide=decide,
        is_over=is_over,
        awaited="the runner says that this stop has ended",
        rest=still_holds,
        choice=choice_of(names, labels, everything, namespace, all_namespaces),
        dry_run=dry_run,
        yes=yes,
        wait_seconds=timeout if wait else None,
        output=output,
    )
    make_change(open_cluster(kubeconfig, context), change)
