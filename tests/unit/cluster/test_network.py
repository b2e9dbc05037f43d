"""The cluster's addresses are not taken from anybody."""

import pytest

from cluster.network import conflicting_route


def routes(*destinations: str) -> list[dict[str, str]]:
    return [{"dst": destination, "dev": "eth0"} for destination in destinations]


@pytest.mark.parametrize("taken", ["10.247.3.0/24", "10.0.0.0/8", "10.247.255.2"])
def test_a_route_to_one_of_our_addresses_is_a_conflict(taken: str) -> None:
    conflict = conflicting_route(routes("default", "192.168.1.0/24", taken))

    assert conflict is not None
    assert conflict["dst"] == taken


def test_other_networks_and_the_default_route_are_none() -> None:
    assert conflicting_route(routes("default", "192.168.1.0/24", "10.244.0.0/16")) is None
