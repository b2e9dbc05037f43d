"""The MarketDataFeed itself: the operator writes it for the accounts that use it."""

from datetime import datetime

from botapi import labels
from botapi.v1alpha1.feed import MarketDataFeedSpec
from botoperator.resources.metadata import Manifest, ReleaseOwner, feed_labels


def build_market_data_feed(
    name: str,
    namespace: str,
    spec: MarketDataFeedSpec,
    *,
    unused_since: datetime | None,
    owner: ReleaseOwner | None = None,
) -> Manifest:
    """A feed; while nobody uses it, it carries since when, so that nobody has to remember.

    It goes with ``owner`` by the garbage collector, and its children with it.
    """
    metadata: Manifest = {
        "name": name,
        "namespace": namespace,
        "labels": dict(feed_labels(name)),
    }
    if unused_since is not None:
        text = unused_since.strftime("%Y-%m-%dT%H:%M:%SZ")
        metadata["annotations"] = {labels.UNUSED_SINCE_ANNOTATION: text}
    if owner is not None:
        metadata["ownerReferences"] = [owner.reference()]
    return {
        "apiVersion": labels.API_VERSION,
        "kind": labels.FEED_KIND,
        "metadata": metadata,
        "spec": spec.to_json(),
    }
