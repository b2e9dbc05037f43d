"""All children of an account, and of a feed."""

from botapi.metadata import ObjectMeta
from botapi.v1alpha1.account import TradingAccount
from botapi.v1alpha1.feed import MarketDataFeed
from botoperator.resources.deployment import build_feed_deployment
from botoperator.resources.metadata import Manifest, child_metadata, feed_child_metadata
from botoperator.resources.role import build_feed_role, build_runner_role
from botoperator.resources.role_binding import build_role_binding
from botoperator.resources.service import build_feed_service
from botoperator.resources.service_account import build_service_account
from botoperator.resources.stateful_set import build_stateful_set
from botoperator.settings import FeedSettings, Settings


def build_children(account: TradingAccount, settings: Settings) -> tuple[Manifest, ...]:
    """An account's children in the order of their making: a pod finds its rights in place."""
    metadata: ObjectMeta = account.metadata
    return (
        build_service_account(child_metadata(metadata)),
        build_runner_role(metadata),
        build_role_binding(child_metadata(metadata)),
        build_stateful_set(account, settings),
    )


def build_feed_children(
    feed: MarketDataFeed, feeds: FeedSettings, settings: Settings
) -> tuple[Manifest, ...]:
    """A feed's children, in the same order."""
    metadata: ObjectMeta = feed.metadata
    return (
        build_service_account(feed_child_metadata(metadata)),
        build_feed_role(metadata),
        build_role_binding(feed_child_metadata(metadata)),
        build_feed_service(metadata),
        build_feed_deployment(feed, feeds, settings),
    )
