"""Every rule of a TradingAccount, as the API server tells it to a person (KU-1)."""

import re
from collections.abc import Sequence

import pytest

from support.account_cases import ACCEPTED, REFUSED, Accepted, Refused
from support.accounts import Manifest, account, with_value
from support.kubectl import Kubectl

pytestmark = pytest.mark.cluster

_DRY_RUN = ("--dry-run=server",)


def _numbered(cases: Sequence[Accepted | Refused]) -> list[Manifest]:
    return [
        with_value("metadata.name", f"case-{place}", case.manifest)
        for place, case in enumerate(cases)
    ]


@pytest.fixture(scope="module")
def accepted_together(accounts: Kubectl) -> dict[str, bool]:
    """Whether kubectl created each good object of one file."""
    answer = accounts.apply(*_numbered(ACCEPTED), flags=_DRY_RUN)
    created = set(re.findall(r"^tradingaccount\S+/(\S+) created", answer.out, re.MULTILINE))
    return {case.id: f"case-{place}" in created for place, case in enumerate(ACCEPTED)}


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.id)
def test_the_server_accepts_what_obeys_the_rule(
    case: Accepted, accepted_together: dict[str, bool], accounts: Kubectl
) -> None:
    """KU-1."""
    assert accepted_together[case.id], accounts.apply(case.manifest, flags=_DRY_RUN).err


@pytest.fixture(scope="module")
def refused_together(accounts: Kubectl) -> dict[str, str]:
    """What kubectl says about each bad object of one file."""
    answer = accounts.apply(*_numbered(REFUSED), flags=_DRY_RUN)
    said = re.split(
        r'^Error from server.*TradingAccount\.tradefleet\.dev "(\S+)" is invalid: ',
        answer.err,
        flags=re.MULTILINE,
    )
    by_name = dict(zip(said[1::2], said[2::2], strict=True))
    return {case.id: by_name.get(f"case-{place}", "") for place, case in enumerate(REFUSED)}


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_the_server_refuses_by_field_and_rule(
    case: Refused, refused_together: dict[str, str]
) -> None:
    """KU-1: the message names the field and the rule."""
    said = refused_together[case.id]

    field = re.search(rf"(^|\[|, ){re.escape(case.field)}: (.*)", said)
    assert field is not None, said
    assert case.server in field.group(2)


def test_a_person_sees_the_field_the_rule_and_the_remedy(accounts: Kubectl) -> None:
    """KU-1: the whole of what kubectl apply shows."""
    answer = accounts.apply(
        with_value("spec.strategies[0].name", "Doge"), flags=("--dry-run=server",)
    )

    assert answer.exit_code == 1
    assert answer.err == (
        'The TradingAccount "case" is invalid: spec.strategies[0].name: Invalid value: "string": '
        "must be 1 to 12 of the characters a-z, 0-9 and -, beginning with a letter; for example "
        "doge or xrp-1\n"
    )


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
