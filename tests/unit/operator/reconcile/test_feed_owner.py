"""What a shared feed goes with when its release is uninstalled (KU-21)."""

from dataclasses import replace
from datetime import timedelta

from support.feed_world import RELEASE, FeedWorld, serving_world


def test_a_feed_goes_with_the_operators_deployment_and_is_still_the_operators() -> None:
    """KU-21: no controller, or a release of another name would take the feed for a stranger's."""
    world = FeedWorld(owner=RELEASE)
    world.settle()

    assert world.feed is not None
    assert world.feed["metadata"]["ownerReferences"] == [
        {"apiVersion": "apps/v1", "kind": "Deployment", "name": "tradefleet-operator", "uid": "d-1"}
    ]
    assert len(world.children) == 5


def test_a_feed_of_before_gets_its_owner_by_one_write_and_a_resync_by_none() -> None:
    """KU-14, KU-21."""
    world = serving_world()
    before = (world.applies, world.status_writes)
    world.owner = RELEASE
    world.settle()
    after = (world.applies, world.status_writes)
    world.pass_time(timedelta(days=1))

    assert after == (before[0] + 1, before[1])
    assert world.plan().is_silent


def test_an_owner_that_was_made_anew_takes_the_place_of_the_one_before() -> None:
    """A release that was uninstalled while its objects were orphaned, and installed again."""
    world = FeedWorld(owner=RELEASE)
    world.settle()
    world.owner = replace(RELEASE, uid="d-2")
    world.settle()

    assert world.feed is not None
    assert [each["uid"] for each in world.feed["metadata"]["ownerReferences"]] == ["d-2"]


def test_an_unused_feed_keeps_its_owner() -> None:
    world = FeedWorld(owner=RELEASE)
    world.settle()
    world.users = 0
    world.settle()

    assert world.feed is not None
    assert [each["uid"] for each in world.feed["metadata"]["ownerReferences"]] == ["d-1"]
