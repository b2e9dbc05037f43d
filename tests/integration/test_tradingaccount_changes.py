"""What of a TradingAccount may change, and what may not (KU-1, KU-27)."""

import pytest

from support.accounts import with_value
from support.change_cases import (
    ACCEPTED_CHANGES,
    KIND_CHANGE,
    REFUSED_CHANGES,
    AcceptedChange,
    RefusedChange,
)
from support.kubectl import Answer, Kubectl

pytestmark = pytest.mark.cluster


def _change(accounts: Kubectl, case: AcceptedChange | RefusedChange) -> Answer:
    name = "".join(letter if letter.isalnum() else "-" for letter in case.id)
    before, after = (with_value("metadata.name", name, m) for m in (case.before, case.after))
    first = accounts.apply(before)
    assert first.ok, first.err
    return accounts.apply(after, flags=("--dry-run=server",))


@pytest.mark.parametrize("case", ACCEPTED_CHANGES, ids=lambda case: case.id)
def test_the_server_accepts_a_change(case: AcceptedChange, accounts: Kubectl) -> None:
    answer = _change(accounts, case)

    assert answer.ok, answer.err


@pytest.mark.parametrize("case", [*REFUSED_CHANGES, KIND_CHANGE], ids=lambda case: case.id)
def test_the_server_refuses_a_change_of_what_is_immutable(
    case: RefusedChange, accounts: Kubectl
) -> None:
    """KU-1: exchange, environment, and a strategy's symbol and kind keep their first value."""
    answer = _change(accounts, case)

    assert not answer.ok
    lines = [line for line in answer.err.splitlines() if f"{case.field}: " in line]
    assert any(line.endswith(case.words) for line in lines), answer.err


def test_applying_a_file_again_undoes_no_stop(accounts: Kubectl) -> None:
    """RI-15: the file has no emergencyStop, so its owner is whoever patched it."""
    manifest = with_value("metadata.name", "stopped", ACCEPTED_CHANGES[0].before)
    accounts.apply(manifest)
    stop = '{"spec":{"emergencyStop":true}}'
    accounts.must("patch", "tradingaccount", "stopped", "--type=merge", f"--patch={stop}")

    again = accounts.apply(manifest)
    by_another = accounts.apply_as("gitops", manifest, flags=("--force-conflicts",))

    assert again.ok, again.err
    assert by_another.ok, by_another.err
    assert accounts.read("tradingaccount", "stopped")["spec"]["emergencyStop"] is True
