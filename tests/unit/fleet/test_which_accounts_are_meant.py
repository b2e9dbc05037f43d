"""Names, labels, all: which accounts a command reaches."""

import pytest

from botrunner.fleet.choose import (
    Choice,
    ChoiceError,
    check_choice,
    check_said,
    fetch_chosen,
    where,
)
from botrunner.fleet.raw_object import key_of
from support.paper_cluster import PaperCluster, stored

CLUSTER = PaperCluster(
    stored("alice", labels={"desk": "east"}),
    stored("bob"),
    stored("carol", "elsewhere", labels={"desk": "east"}),
)


def reached(choice: Choice) -> list[str]:
    return [str(key_of(raw)) for raw in fetch_chosen(CLUSTER, choice).accounts]


def test_without_a_namespace_that_of_the_context_is_meant() -> None:
    assert reached(Choice(everything=True)) == ["clients/alice", "clients/bob"]
    assert reached(Choice(everything=True, namespace="elsewhere")) == ["elsewhere/carol"]


def test_labels_reach_over_all_namespaces() -> None:
    choice = Choice(labels="desk=east", all_namespaces=True)

    assert reached(choice) == ["clients/alice", "elsewhere/carol"]


def test_a_name_that_nobody_has_does_not_hide_the_others() -> None:
    chosen = fetch_chosen(CLUSTER, Choice(names=("dave", "alice", "alice")))

    assert [str(key) for key in chosen.missing] == ["clients/dave"]
    assert [str(key_of(raw)) for raw in chosen.accounts] == ["clients/alice"]


@pytest.mark.parametrize(
    "choice",
    [
        Choice(names=("alice",), labels="desk=east"),
        Choice(names=("alice",), everything=True),
        Choice(names=("alice",), all_namespaces=True),
        Choice(namespace="clients", all_namespaces=True, everything=True),
    ],
)
def test_a_choice_that_contradicts_itself_is_refused(choice: Choice) -> None:
    with pytest.raises(ChoiceError):
        check_choice(choice)


def test_a_change_without_a_word_about_which_accounts_is_refused() -> None:
    check_choice(Choice(all_namespaces=True))

    with pytest.raises(ChoiceError, match="--all"):
        check_said(Choice(all_namespaces=True))


def test_what_is_about_to_be_reached_is_said_in_words() -> None:
    everywhere = Choice(labels="desk=east", all_namespaces=True)

    assert where(Choice(everything=True), "clients", 1) == "1 account in namespace clients"
    assert where(everywhere, "clients", 2) == "2 accounts with desk=east in all namespaces"
