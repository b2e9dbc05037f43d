"""Carries decisions out, account by account: one that fails does not keep the others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from botapi.model import Json
from botapi.stop import read_standing_stop
from botrunner.fleet.choose import Choice, fetch_chosen
from botrunner.fleet.decide import Decision, Outcome
from botrunner.fleet.port import AccountKey, Accounts, ClusterError
from botrunner.fleet.raw_object import generation_of, key_of

Decide = Callable[[Json], Decision]
IsOver = Callable[[Json, "Result"], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What happened to one account."""

    key: AccountKey
    outcome: Outcome
    says: tuple[str, ...]
    generation: int = 0
    """``metadata.generation`` after the patch."""
    stood: str = ""
    """Id of the stop that stood before; empty without one."""
    after: Json = field(default_factory=dict, repr=False)
    """The account as it was last seen."""


def carry_out(
    cluster: Accounts, accounts: Iterable[Json], decide: Decide, *, dry_run: bool
) -> list[Result]:
    """Decide and patch each account; a dry run decides only."""
    return [_carry_out(cluster, raw, decide(raw), dry_run) for raw in accounts]


def not_found(keys: Iterable[AccountKey]) -> list[Result]:
    """Results of names that nobody has."""
    return [
        Result(key=key, outcome=Outcome.FAILED, says=("there is no such TradingAccount",))
        for key in keys
    ]


def look_again(
    cluster: Accounts, choice: Choice, results: Sequence[Result], is_over: IsOver
) -> tuple[list[Result], int]:
    """The results with what the accounts are now, and how many of them are not over yet.

    Raises ClusterError.
    """
    seen = {key_of(raw): raw for raw in fetch_chosen(cluster, choice).accounts}
    renewed = [replace(result, after=seen.get(result.key, result.after)) for result in results]
    waited = [r for r in renewed if r.outcome is not Outcome.FAILED and not is_over(r.after, r)]
    return renewed, len(waited)


def _carry_out(cluster: Accounts, raw: Json, decision: Decision, dry_run: bool) -> Result:
    standing = read_standing_stop(raw)
    unchanged = Result(
        key=key_of(raw),
        outcome=Outcome.FAILED if decision.is_refused else Outcome.UNCHANGED,
        says=decision.says,
        generation=generation_of(raw),
        stood=standing.id if standing else "",
        after=raw,
    )
    if decision.patch is None:
        return unchanged
    if dry_run:
        return replace(unchanged, outcome=Outcome.DONE)
    try:
        after = cluster.patch(unchanged.key, decision.patch)
    except ClusterError as error:
        return replace(unchanged, outcome=Outcome.FAILED, says=(str(error),))
    return replace(unchanged, outcome=Outcome.DONE, generation=generation_of(after), after=after)
