"""What changed between two versions, and when it takes effect (KU-13)."""

import pytest

from botapi.changes import changes, refused_changes
from botapi.parse import parse
from botapi.rules import Applies
from botapi.v1alpha1.account import TradingAccount
from botapi.v1alpha1.strategies import Strategy
from support.accounts import ABSENT, account, strategy, with_value
from support.change_cases import (
    ACCEPTED_CHANGES,
    KIND_CHANGE,
    REFUSED_CHANGES,
    AcceptedChange,
    RefusedChange,
)


@pytest.mark.parametrize("case", ACCEPTED_CHANGES, ids=lambda case: case.id)
def test_the_models_accept_a_change(case: AcceptedChange) -> None:
    before, after = parse(TradingAccount, case.before), parse(TradingAccount, case.after)

    assert refused_changes(before, after) == ()


@pytest.mark.parametrize("case", REFUSED_CHANGES, ids=lambda case: case.id)
def test_the_models_refuse_a_change_of_what_is_immutable(case: RefusedChange) -> None:
    """KU-1."""
    before, after = parse(TradingAccount, case.before), parse(TradingAccount, case.after)

    refused = [str(fault) for fault in refused_changes(before, after)]

    assert f"{case.field}: {case.words}" in refused


def test_the_kind_of_a_strategy_is_immutable() -> None:
    """KU-1, KU-27: held against an object that a second kind would make."""
    rule = Strategy.transitions[0]
    before = parse(TradingAccount, KIND_CHANGE.before)
    changed = before.spec.strategies[0].model_copy(update={"grid": None})
    strategies = (changed, *before.spec.strategies[1:])
    spec = before.spec.model_copy(update={"strategies": strategies})
    after = before.model_copy(update={"spec": spec})

    assert rule.message == KIND_CHANGE.words
    assert [str(fault) for fault in refused_changes(before, after)] == [
        f"{KIND_CHANGE.field}: {KIND_CHANGE.words}"
    ]


_ONE = account(strategies=[strategy("a", "AUSDT"), strategy("b", "BUSDT")])


@pytest.mark.parametrize(
    ("path", "value", "applies"),
    [
        ("spec.logLevel", "debug", Applies.LIVE),
        ("spec.mode", "dryRun", Applies.RESTART),
        ("spec.credentials.secretName", "other", Applies.RESTART),
        ("spec.credentials.allowWithdraw", True, Applies.LIVE),
        ("spec.endpoints.rest", "https://x.y", Applies.RESTART),
        ("spec.emergency.byCause.margin", "Flatten", Applies.LIVE),
        ("spec.strategies[1].grid.stepPercent", 2, Applies.LIVE),
        ("spec.strategies[1].grid.leverage", 2, Applies.WHEN_FLAT),
        ("spec.strategies[1].grid.initialMargin", 2, Applies.WHEN_FLAT),
        ("spec.strategies[1].grid.averagingMultiplier", 3, Applies.WHEN_FLAT),
        ("spec.environment", "mainnet", Applies.IMMUTABLE),
    ],
)
def test_a_change_says_when_it_takes_effect(path: str, value: object, applies: Applies) -> None:
    """KU-13."""
    before, after = (
        parse(TradingAccount, _ONE),
        parse(TradingAccount, with_value(path, value, _ONE)),
    )

    assert [(c.path, c.applies) for c in changes(before, after)] == [(path, applies)]


def test_a_part_that_comes_or_goes_is_one_change() -> None:
    dry = with_value("spec.mode", "dryRun", _ONE)
    keyless = parse(TradingAccount, with_value("spec.credentials", ABSENT, dry))

    found = changes(parse(TradingAccount, dry), keyless)

    assert [(c.path, c.applies) for c in found] == [("spec.credentials", Applies.RESTART)]


def test_strategies_that_come_and_go_are_no_changes_of_a_field() -> None:
    after = account(strategies=[strategy("c", "CUSDT"), strategy("b", "BUSDT")])

    assert changes(parse(TradingAccount, _ONE), parse(TradingAccount, after)) == ()


def test_reports_and_metadata_are_no_changes() -> None:
    reported = _ONE | {"status": {"phase": "Trading"}}
    reported = with_value("metadata.generation", 4, reported)

    assert changes(parse(TradingAccount, _ONE), parse(TradingAccount, reported)) == ()
