"""The way between runners and their feed cut, with everything else as it was (MD-6, MD-9).

Only the built-in cluster lets a test drop packets between two pods.
"""

from datetime import datetime, timedelta

import pytest

from support.blockade import cut_between
from support.fleet_desk import FleetDesk
from support.shared_feed import BY_FEED, WITHOUT_FEED, Loss, SharedFeed, go_on, live

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]

CONNECTIONS_APART = timedelta(seconds=200)
"""At the least between a runner's own public connections: half of --direct-connect-seconds."""


def test_runners_whose_way_to_the_feed_is_cut_trade_on_and_come_back(
    feed: SharedFeed, desks: list[FleetDesk]
) -> None:
    """MD-6, MD-9: silence alone tells. A second loss is borne over REST: connections are short."""
    _cut_and_back(feed, desks, 1)
    second = _cut_and_back(feed, desks, 3)

    for desk in desks:
        started_at = datetime.fromisoformat(desk.status()["runner"]["started"])
        is_soon = second.went_direct_at(desk) < started_at + CONNECTIONS_APART
        assert "rest" in second.sources(desk) or not is_soon
        assert desk.restarts() == 0


def _cut_and_back(feed: SharedFeed, desks: list[FleetDesk], number: int) -> Loss:
    loss = Loss(feed, desks)
    with cut_between(feed.address(), *(desk.address() for desk in desks)):
        loss.begins()
        loss.is_borne()
        go_on(desks, *WITHOUT_FEED)
        live(desks, number)
    go_on(desks, *BY_FEED)
    live(desks, number + 1)
    return loss
