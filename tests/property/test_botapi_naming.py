"""Names hold for every account name that Kubernetes allows, and never meet."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from botapi.naming import dns_label, label_value, runner_name, runner_pod_name

# DNS-1123 subdomain, which is what the name of a custom resource may be.
_ACCOUNTS = st.from_regex(
    r"[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,60}[a-z0-9])?){0,3}",
    fullmatch=True,
).filter(lambda name: len(name) <= 253)
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")


@given(_ACCOUNTS)
def test_every_account_has_a_runner_with_a_valid_name(account: str) -> None:
    name = runner_name(account)

    assert _LABEL.fullmatch(name)
    assert len(name) <= 52
    assert len(runner_pod_name(account)) <= 63


@given(_ACCOUNTS, _ACCOUNTS)
@example("a.b", "a-b")
@example("a" * 53, "a" * 54)
@example("team.a", runner_name("team.b"))
def test_two_accounts_never_share_a_name_or_a_label(one: str, other: str) -> None:
    assert (runner_name(one) == runner_name(other)) is (one == other)
    assert (label_value(one) == label_value(other)) is (one == other)


@given(st.text(max_size=300))
def test_any_text_becomes_a_valid_name_and_label(text: str) -> None:
    label, value = dns_label(text), label_value(text)

    assert _LABEL.fullmatch(label)
    assert len(label) <= 63
    assert _VALUE.fullmatch(value)
    assert len(value) <= 63


@given(st.text(max_size=300))
def test_a_name_that_is_valid_stays_as_it_is(text: str) -> None:
    assert dns_label(dns_label(text)) == dns_label(text)
    assert label_value(label_value(text)) == label_value(text)
