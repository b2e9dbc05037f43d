"""The way of a change over many accounts: ask, carry out, wait, say what came of each."""

import json
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import typer

from botapi.model import Json
from botrunner.cli.failure import fail
from botrunner.cli.fleet_options import OutputFormat, plain_table, screen, show
from botrunner.fleet.carry_out import Decide, IsOver, Result, carry_out, look_again, not_found
from botrunner.fleet.choose import Choice, ChoiceError, check_said, fetch_chosen, where
from botrunner.fleet.decide import Outcome
from botrunner.fleet.port import Accounts, ClusterError
from botrunner.service.clock import Clock, SystemClock

_PAUSE_SECONDS = 0.5
_PAUSE = threading.Event()
"""Never set: the pause between two looks, which Ctrl-C ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done to each of the chosen accounts."""

    verb: str
    decide: Decide
    is_over: IsOver
    awaited: str
    """What --wait waits for, in words."""
    choice: Choice
    dry_run: bool
    yes: bool
    wait_seconds: float | None
    """None: it is not waited for."""
    output: OutputFormat
    rest: Callable[[Json], tuple[str, ...]] = lambda raw: ()
    """What is left to say of an account as it is afterwards."""
    clock: Clock = field(default_factory=SystemClock)


def make_change(cluster: Accounts, change: Change) -> None:
    """Do it, print it; ends with 1 where an account failed or did not follow in time."""
    try:
        check_said(change.choice)
        chosen = fetch_chosen(cluster, change.choice)
        if not (chosen.accounts or chosen.missing):
            fail("no account is meant; look with tradefleet status -A")
        _confirm(cluster, change, len(chosen.accounts))
        results = carry_out(cluster, chosen.accounts, change.decide, dry_run=change.dry_run)
        late = 0
        if change.wait_seconds is not None and not change.dry_run:
            results, late = _wait(cluster, change, results)
    except (ChoiceError, ClusterError) as error:
        fail(str(error))
    results += not_found(chosen.missing)
    _print(change, results)
    if late or any(result.outcome is Outcome.FAILED for result in results):
        raise typer.Exit(1)


def _confirm(cluster: Accounts, change: Change, count: int) -> None:
    if change.yes or change.dry_run or not (change.choice.is_wide and sys.stdin.isatty()):
        return
    typer.confirm(f"{change.verb} {where(change.choice, cluster.namespace, count)}?", abort=True)


def _wait(cluster: Accounts, change: Change, results: list[Result]) -> tuple[list[Result], int]:
    assert change.wait_seconds is not None
    deadline = change.clock.monotonic() + change.wait_seconds
    with screen(stderr=True).status(f"waiting: {change.awaited}") as shown:
        while True:
            results, late = look_again(cluster, change.choice, results, change.is_over)
            if not late or change.clock.monotonic() > deadline:
                return results, late
            shown.update(f"waiting for {late} of {len(results)}: {change.awaited}")
            _PAUSE.wait(_PAUSE_SECONDS)


def _print(change: Change, results: Sequence[Result]) -> None:
    rows = [_told(change, result) for result in results]
    if change.output is OutputFormat.JSON:
        typer.echo(json.dumps({"dryRun": change.dry_run, "accounts": rows}, indent=2))
        return
    show(
        plain_table(
            ("NAMESPACE", "NAME", "RESULT", "WHAT"),
            ((r["namespace"], r["name"], r["result"], "; ".join(r["says"])) for r in rows),
        )
    )


def _told(change: Change, result: Result) -> dict[str, Any]:
    outcome, says = result.outcome.value, list(result.says)
    if change.dry_run and result.outcome is Outcome.DONE:
        outcome = "would be done"
    elif result.outcome is not Outcome.FAILED:
        if change.wait_seconds is not None:
            is_over = change.is_over(result.after, result)
            outcome = outcome if is_over else "late"
            says.append(change.awaited if is_over else f"not within the time: {change.awaited}")
        says += [f"still stopped: {reason}" for reason in change.rest(result.after)]
    return {
        "namespace": result.key.namespace,
        "name": result.key.name,
        "result": outcome,
        "says": says,
    }
