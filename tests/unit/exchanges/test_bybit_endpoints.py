"""Addresses per environment, and what overrides them (EX-12)."""

import pytest

from botrunner.exchanges.bybit.endpoints import Endpoints, endpoints_for

OWN = Endpoints(
    rest="http://127.0.0.1:1",
    public_stream="ws://127.0.0.1:1/v5/public/linear",
    private_stream="ws://127.0.0.1:1/v5/private",
)


def test_demo_takes_its_prices_from_mainnet_for_it_has_no_public_stream() -> None:
    demo, mainnet = endpoints_for("demo"), endpoints_for("mainnet")

    assert demo.public_stream == mainnet.public_stream
    assert demo.rest != mainnet.rest
    assert demo.private_stream != mainnet.private_stream


def test_each_address_can_be_overridden_alone() -> None:
    found = endpoints_for("testnet", rest="http://127.0.0.1:1/")

    assert found.rest == "http://127.0.0.1:1"
    assert found.private_stream == endpoints_for("testnet").private_stream


def test_the_simulator_is_reached_by_given_addresses() -> None:
    found = endpoints_for(
        "simulated",
        rest=OWN.rest,
        public_stream="ws://127.0.0.1:1",
        private_stream=OWN.private_stream,
    )

    assert found == OWN


@pytest.mark.parametrize(
    ("environment", "given", "words"),
    [
        ("simulated", {}, "simulated needs rest, publicStream and privateStream"),
        ("simulated", {"rest": OWN.rest}, "simulated needs"),
        ("moon", {}, "environment: 'moon' is unknown; use one of mainnet"),
        ("demo", {"rest": "ftp://x"}, "endpoints.rest: 'ftp://x' must begin with http"),
        ("demo", {"private_stream": "http://x"}, "endpoints.privateStream"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    environment: str, given: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        endpoints_for(environment, **given)
