"""Where a feed's subscribers find it."""

from botapi import labels
from botapi.feeds import FEED_PORT
from botapi.metadata import ObjectMeta
from botoperator.resources.deployment import FEED_PORT_NAME
from botoperator.resources.metadata import Manifest, feed_child_metadata


def build_feed_service(feed: ObjectMeta) -> Manifest:
    """A Service over the feed's pod, which stands behind it while it has prices to give."""
    metadata = feed_child_metadata(feed)
    port = {
        "name": FEED_PORT_NAME,
        "port": FEED_PORT,
        "protocol": "TCP",
        "targetPort": FEED_PORT_NAME,
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "type": "ClusterIP",
            "selector": {
                name: metadata["labels"][name]
                for name in (labels.COMPONENT_LABEL, labels.FEED_LABEL)
            },
            "ports": [port],
        },
    }
