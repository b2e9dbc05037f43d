"""Every rule of a TradingAccount, as the API server tells it to a person (KU-1)."""

import pytest

from support.account_cases import ACCEPTED, REFUSED, Accepted, Refused
from support.accounts import Manifest, account, with_value
from support.kubectl import Answer, Kubectl

pytestmark = pytest.mark.cluster

_DRY_RUN = ("--dry-run=server",)


def _named(cases: tuple[Accepted, ...]) -> dict[str, Manifest]:
    return {
        case.id: with_value("metadata.name", f"case-{place}", case.manifest)
        for place, case in enumerate(cases)
    }


@pytest.fixture(scope="module")
def accepted_together(accounts: Kubectl) -> Answer:
    """What kubectl says to all good objects in one file."""
    return accounts.apply(*_named(ACCEPTED).values(), flags=_DRY_RUN)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.id)
def test_the_server_accepts_what_obeys_the_rule(case: Accepted, accepted_together: Answer) -> None:
    """KU-1."""
    name = _named(ACCEPTED)[case.id]["metadata"]["name"]

    assert f"tradingaccount.tradefleet.dev/{name} created" in accepted_together.out.replace(
        "(server dry run)", ""
    ), accepted_together.err


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_the_server_refuses_by_field_and_rule(case: Refused, accounts: Kubectl) -> None:
    """KU-1: the message names the field and the rule."""
    answer = accounts.apply(case.manifest, flags=_DRY_RUN)

    assert not answer.ok
    lines = [line for line in answer.err.splitlines() if f"{case.field}: " in line]
    assert any(case.server in line for line in lines), answer.err


def test_unknown_fields_are_refused_by_name(accounts: Kubectl) -> None:
    """KU-1: a spelling error does not pass in silence."""
    misspelt = with_value("spec.risk.maxLeverag", 5)

    answer = accounts.apply(misspelt, flags=("--dry-run=server", "--validate=strict"))

    assert not answer.ok
    assert 'unknown field "spec.risk.maxLeverag"' in answer.err


def test_unknown_fields_are_dropped_where_validation_is_off(accounts: Kubectl) -> None:
    misspelt = with_value("spec.risk.maxLeverag", 5, account("pruned"))

    accounts.apply(misspelt, flags=("--validate=false",))

    stored = accounts.read("tradingaccount", "pruned")
    assert "maxLeverag" not in stored["spec"]["risk"]
    assert stored["spec"]["risk"]["balanceBufferPercent"] == 15


def test_null_is_the_same_as_absent(accounts: Kubectl) -> None:
    nulls = with_value("spec.risk", None, with_value("spec.endpoints", {"rest": None}))

    answer = accounts.apply(
        nulls, flags=(*_DRY_RUN, "--output=jsonpath={.spec.risk.walletPollSeconds}")
    )

    assert answer.out == "5", answer.err
