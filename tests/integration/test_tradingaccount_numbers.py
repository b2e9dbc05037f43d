"""Decimal numbers survive the API server exactly (KU-1)."""

import json
from decimal import Decimal
from typing import Any

import pytest

from botapi.parse import parse_strict
from botapi.v1alpha1.account import TradingAccount
from support.accounts import account, with_value
from support.kubectl import Kubectl

pytestmark = pytest.mark.cluster

# As people write them; at most 15 significant digits.
_NUMBERS = (
    *("0.1", "0.2", "0.3", "0.7", "1.1", "2.675", "3.3333333333333", "12.5", "0.01", "1.5e3"),
    *("1e-8", "1E-8", "0.00000001", "0.000000123456789", "0.30000000000001", "0.999999999999999"),
    *("75", "75.0", "100000", "999999999999999", "123456789.012345", "1e15", "1e21"),
)


@pytest.fixture(scope="module")
def stored(accounts: Kubectl) -> dict[str, str]:
    """What the API server gives for an account with each number, as text."""
    documents = [_written(f"n-{place}", number) for place, number in enumerate(_NUMBERS)]
    accounts.must("apply", "--filename=-", stdin="\n---\n".join(documents))
    listed = accounts.must("get", "ta", "--output=jsonpath={range .items[*]}{@}{'\\n'}{end}")
    by_name = {json.loads(line)["metadata"]["name"]: line for line in listed.splitlines()}
    return {number: by_name[f"n-{place}"] for place, number in enumerate(_NUMBERS)}


def _written(name: str, number: str) -> str:
    """The account as a person sends it, with the number spelled exactly so."""
    text = json.dumps(with_value("spec.initialBalance", "HERE", account(name)))
    return text.replace('"HERE"', number)


def _balance(text: str) -> Decimal:
    """The balance in an account's JSON, with the digits that stand there."""
    decoded: Any = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    balance: Decimal = decoded["spec"]["initialBalance"]
    return balance


@pytest.mark.parametrize("number", _NUMBERS)
def test_the_server_gives_back_the_decimal_that_was_written(
    number: str, stored: dict[str, str]
) -> None:
    assert _balance(stored[number]) == Decimal(number)


@pytest.mark.parametrize("number", _NUMBERS)
def test_the_models_read_that_decimal_and_write_it_again(
    number: str, stored: dict[str, str]
) -> None:
    raw = json.loads(stored[number])

    parsed = parse_strict(TradingAccount, raw)

    assert parsed.spec.initial_balance == Decimal(number)
    assert parsed.spec.to_json() == raw["spec"]
    assert _balance(json.dumps(parsed.to_json())) == Decimal(number)


def test_the_server_would_change_a_number_that_the_models_refuse(accounts: Kubectl) -> None:
    """More digits than a double keeps: refused before it is sent rather than changed in silence."""
    number = "0.1234567890123456789"

    answer = accounts.run(
        "apply", "--dry-run=server", "--output=json", "--filename=-", stdin=_written("n", number)
    )

    assert _balance(answer.out) != Decimal(number)
