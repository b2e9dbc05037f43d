"""How the feed of a symbol is found, and what opens it."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from botrunner.exchanges.port import Listeners
from botrunner.marketdata.maker import FeedMaker, FeedPlace
from botrunner.marketdata.meters import ClientMeters
from botrunner.service.clock import SystemClock
from support.feeds import NOWHERE, adapter
from support.memory_door import account_of

NOBODY = Listeners(event=lambda _: None, market=lambda _: None, report=lambda _: None)


async def test_the_feeds_address_and_the_token_are_those_of_the_moment(tmp_path: Path) -> None:
    """MD-8: the kubelet replaces the token."""
    token = tmp_path / "token"
    place = FeedPlace(namespace="tradefleet", token_file=token)
    meters = ClientMeters(CollectorRegistry())
    make = FeedMaker(place, "account-001", SystemClock(), meters)
    made = make(account_of().spec, lambda heard: adapter(NOWHERE, heard), NOBODY)
    access = made.access
    token.write_text("first\n")
    first = access.token()
    token.write_text("second")
    second = access.token()
    token.unlink()
    await made.close()

    assert access.address_of("XRPUSDT") == (
        "ws://feed-bybit-simulated-futures-xrpusdt.tradefleet.svc:8490/"
    )
    assert (first, second) == ("first", "second")
    with pytest.raises(OSError, match="No such file"):
        access.token()
