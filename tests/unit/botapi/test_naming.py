"""Names of what stands in the cluster."""

import pytest

from botapi.naming import label_value, runner_name, runner_pod_name, simulator_host


def test_a_runner_is_called_as_its_account() -> None:
    assert runner_name("account-001") == "account-001"
    assert runner_pod_name("account-001") == "account-001-0"


@pytest.mark.parametrize(
    "account",
    ["a" * 52, "a" * 53, "a" * 253, "team.account-1", "a.b", "." * 3, "x" * 41 + ".-."],
)
def test_a_name_that_does_not_fit_is_cut_and_hashed(account: str) -> None:
    name = runner_name(account)

    assert len(name) <= 52
    assert (name == account) is (account == "a" * 52)


def test_names_are_pinned() -> None:
    """A runner's name finds its pod again after an upgrade, so it may never change."""
    assert runner_name("team.account-1") == "team-account-1-5e8f830da8"
    assert label_value("a" * 64) == "a" * 52 + "-ffe054fe7a"


def test_a_label_keeps_what_kubernetes_takes() -> None:
    assert label_value("Team.Account_1") == "Team.Account_1"
    assert label_value("DOGE/USDT").startswith("DOGE-USDT-")


def test_the_simulator_has_one_address_a_namespace() -> None:
    assert simulator_host("trading") == "tradefleet-simulator.trading.svc"
