"""`tradefleet stop`: the emergency stop of many accounts."""

from typing import Annotated

import typer

from botapi.model import Json
from botapi.v1alpha1.emergency import EmergencyPolicy
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
from botrunner.fleet.decide import decide_stop, is_carried_out


def stop(
    names: Names = None,
    labels: Labels = "",
    everything: Everything = False,
    namespace: Namespace = None,
    all_namespaces: AllNamespaces = False,
    policy: Annotated[
        EmergencyPolicy | None,
        typer.Option(
            "--policy",
            "-p",
            help="What the stop does; it stays the policy of a person's stops of this account. "
            "Default: what the account says.",
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
    """Stop accounts: sets spec.emergencyStop, and nothing else but --policy.

    CancelEntries cancels what can add exposure and keeps exits; Freeze sends
    nothing and leaves what rests; Flatten cancels everything and closes all
    positions at the market. The runner acts by itself within a second: the
    operator is not needed. It ends with tradefleet resume.

    Exits with 1 where an account failed, or was not done in time with --wait.

    [bold]Examples[/bold]

    [cyan]tradefleet stop account-001 -n clients --wait[/cyan]

    [cyan]tradefleet stop -l desk=east --policy Flatten[/cyan]

    [cyan]tradefleet stop --all -A --yes[/cyan] everything, now
    """

    def is_over(raw: Json, result: Result) -> bool:
        return is_carried_out(raw, generation=result.generation, before=result.stood)

    change = Change(
        verb="Stop",
        decide=lambda raw: decide_stop(raw, policy),
        is_over=is_over,
        awaited="the runner says that the stop is carried out",
        choice=choice_of(names, labels, everything, namespace, all_namespaces),
        dry_run=dry_run,
        yes=yes,
        wait_seconds=timeout if wait else None,
        output=output,
    )
    make_change(open_cluster(kubeconfig, context), change)
