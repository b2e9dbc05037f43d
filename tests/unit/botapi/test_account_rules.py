"""The models refuse what the API server refuses, with the same words (KU-1)."""

import json

import pytest

from botapi.definitions import account_definition
from botapi.faults import InvalidObjectError
from botapi.parse import parse, parse_strict, strict_faults
from botapi.v1alpha1.account import TradingAccount
from support.account_cases import ACCEPTED, REFUSED, Accepted, Refused
from support.accounts import account, with_value
from support.change_cases import KIND_CHANGE, REFUSED_CHANGES


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.id)
def test_the_models_accept_what_obeys_the_rule(case: Accepted) -> None:
    assert parse_strict(TradingAccount, case.manifest) == parse(TradingAccount, case.manifest)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_the_models_refuse_by_field_and_rule(case: Refused) -> None:
    with pytest.raises(InvalidObjectError) as refusal:
        parse_strict(TradingAccount, case.manifest)

    assert [fault.path for fault in refusal.value.faults] == [case.field]
    assert case.model in str(refusal.value)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_the_lenient_models_refuse_it_too_but_for_numbers_in_quotes(case: Refused) -> None:
    """KU-1: operator and runner do not depend on the schema having been installed."""
    quoted_number = "number" in case.model and case.id.endswith("(str)")

    if quoted_number:
        assert parse(TradingAccount, case.manifest)
    else:
        with pytest.raises(InvalidObjectError):
            parse(TradingAccount, case.manifest)


def test_every_rule_of_the_schema_has_a_refused_object() -> None:
    """KU-1: a CEL rule that no table breaks would be believed unseen."""
    refusals = [case.server for case in REFUSED]
    refusals += [case.words for case in (*REFUSED_CHANGES, KIND_CHANGE)]
    rules = [rule for rule in _rules(account_definition()) if "one exchange" not in str(rule)]

    unseen = [rule for rule in rules if not any(_says(rule, words) for words in refusals)]

    assert rules
    # With one exchange there is none to change to: its rule is that of the environment.
    assert [rule["message"] for rule in unseen] == [
        "is immutable; create a TradingAccount of another name for another exchange"
    ]


def _rules(schema: object) -> list[dict[str, str]]:
    if isinstance(schema, list):
        return [rule for item in schema for rule in _rules(item)]
    if not isinstance(schema, dict):
        return []
    own = schema.get("x-kubernetes-validations", [])
    return [*own, *(rule for value in schema.values() for rule in _rules(value))]


def _says(rule: dict[str, str], words: str) -> bool:
    if "messageExpression" not in rule:
        return words == rule["message"]
    remedy = rule["message"].partition("; ")[2]
    return words.endswith(remedy)


def test_several_wrong_fields_are_all_named() -> None:
    wrong = with_value("spec.risk.maxLeverage", 0, with_value("spec.mode", "paper"))

    faults = strict_faults(TradingAccount, with_value("spec.reconcileSeconds", 5, wrong))

    assert {f.path for f in faults} == {
        "spec.risk.maxLeverage",
        "spec.mode",
        "spec.reconcileSeconds",
    }


def test_rules_over_several_fields_are_all_named() -> None:
    """One broken rule of an object does not hide the next."""
    wrong = account(risk={"maxLeverage": 10})
    del wrong["spec"]["credentials"]

    faults = strict_faults(TradingAccount, wrong)

    assert {f.path for f in faults} == {"spec.credentials", "spec.strategies"}


@pytest.mark.parametrize("missing", ["apiVersion", "kind", "metadata", "spec"])
def test_an_object_without_its_frame_is_refused(missing: str) -> None:
    manifest = account()
    del manifest[missing]

    assert [f.path for f in strict_faults(TradingAccount, manifest)] == [missing]


def test_another_version_is_refused() -> None:
    manifest = account() | {"apiVersion": "tradefleet.dev/v1"}

    faults = strict_faults(TradingAccount, manifest)

    assert [str(fault) for fault in faults] == [
        "apiVersion: must be one of 'tradefleet.dev/v1alpha1'; use one of these, spelled exactly so"
    ]


def test_unknown_fields_are_named_by_path_when_strict() -> None:
    """KU-1: with what was probably meant."""
    manifest = with_value("spec.risk.maxLeverag", 5, with_value("spec.leverage", 3))
    manifest = with_value("spec.strategies[0].grid.oops", 1, manifest)

    faults = strict_faults(TradingAccount, manifest)

    assert {f.path: f.remedy for f in faults} == {
        "spec.risk.maxLeverag": "write maxLeverage, or remove it",
        "spec.leverage": "move it to spec.strategies.grid, or remove it",
        "spec.strategies[0].grid.oops": "remove it",
    }


def test_unknown_fields_are_ignored_when_lenient() -> None:
    """A runner goes on under a definition that is newer than itself."""
    manifest = with_value("spec.risk.limitOfTheFuture", 5)

    assert parse(TradingAccount, manifest) == parse(TradingAccount, account())


def test_snake_case_is_no_spelling_of_a_field() -> None:
    manifest = with_value("spec.log_level", "debug")

    assert [f.path for f in strict_faults(TradingAccount, manifest)] == ["spec.log_level"]
    assert parse(TradingAccount, manifest).spec.log_level == "info"


def test_metadata_of_the_api_server_is_no_unknown_field() -> None:
    manifest = account()
    manifest["metadata"] |= {"managedFields": [], "finalizers": ["x"], "ownerReferences": []}

    assert strict_faults(TradingAccount, manifest) == ()


def test_null_is_the_same_as_absent() -> None:
    """As the API server prunes it."""
    manifest = account(risk=None, emergencyStop=None, endpoints={"rest": None})

    assert parse_strict(TradingAccount, manifest) == parse(TradingAccount, account())


def test_refusals_never_repeat_a_value() -> None:
    """A key that was pasted into the wrong field must not reach a log."""
    secret = "S3CR3T" * 4
    manifest = account(apiSecret=secret, mode=secret, initialBalance=secret, environment=[secret])
    manifest["spec"]["strategies"][0]["name"] = secret

    faults = strict_faults(TradingAccount, manifest)

    assert len(faults) == 5
    assert secret not in json.dumps([str(fault) for fault in faults])


def test_a_model_cannot_be_changed() -> None:
    spec = parse(TradingAccount, account()).spec

    with pytest.raises(ValueError, match="frozen"):
        spec.mode = spec.mode  # type: ignore[misc]  # the point of the test
