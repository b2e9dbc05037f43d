"""The pod of a feed, kept by a Deployment: two of them for a moment would harm nobody."""

from typing import Final

from botapi import labels, pods
from botapi.feeds import FEED_PORT
from botapi.v1alpha1.account import Environment
from botapi.v1alpha1.feed import MarketDataFeed
from botoperator.resources.metadata import Manifest, feed_child_metadata
from botoperator.resources.pod import (
    SCRATCH_MOUNT,
    SCRATCH_VOLUME,
    container_security,
    image_of,
    liveness_probe,
    pod_name_variable,
    pod_security,
    probe_port,
    pull_secrets,
    resources_of,
    startup_probe,
)
from botoperator.settings import FeedSettings, Settings

FEED_PORT_NAME: Final = "feed"
_READINESS: Final = {"periodSeconds": 2, "failureThreshold": 3, "timeoutSeconds": 2}


def build_feed_deployment(
    feed: MarketDataFeed, feeds: FeedSettings, settings: Settings
) -> Manifest:
    """One pod; ``Recreate``, so that the exchange sees one connection of it at a time."""
    metadata = feed_child_metadata(feed.metadata)
    selector = {
        name: metadata["labels"][name] for name in (labels.COMPONENT_LABEL, labels.FEED_LABEL)
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "revisionHistoryLimit": 1,
            "selector": {"matchLabels": selector},
            "template": {
                "metadata": {"labels": dict(metadata["labels"])},
                "spec": {
                    "serviceAccountName": feed.metadata.name,
                    # Its token fetches the cluster's published keys and writes the feed's status.
                    "automountServiceAccountToken": True,
                    "enableServiceLinks": False,
                    "securityContext": pod_security(),
                    "containers": [_container(feed, feeds, settings)],
                    "volumes": [SCRATCH_VOLUME],
                    **pull_secrets(settings),
                },
            },
        },
    }


def _container(feed: MarketDataFeed, feeds: FeedSettings, settings: Settings) -> Manifest:
    return {
        "name": "feed",
        **image_of(settings),
        "args": _arguments(feed, feeds, settings),
        "env": [pod_name_variable()],
        "ports": [
            {"name": FEED_PORT_NAME, "containerPort": FEED_PORT, "protocol": "TCP"},
            probe_port(),
        ],
        "startupProbe": startup_probe(),
        "livenessProbe": liveness_probe(),
        # Ready once it has the cluster's keys and a fresh quote: until then subscribers find
        # nobody, and go to the exchange.
        "readinessProbe": {
            "httpGet": {"path": "/readyz", "port": pods.PROBE_PORT_NAME, "scheme": "HTTP"},
            **_READINESS,
        },
        "resources": resources_of(feeds.resources),
        "securityContext": container_security(),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [SCRATCH_MOUNT],
    }


def _arguments(feed: MarketDataFeed, feeds: FeedSettings, settings: Settings) -> list[str]:
    spec = feed.spec
    what = {
        "--exchange": spec.exchange.value,
        "--environment": spec.environment.value,
        "--market": spec.market.value,
        "--symbol": spec.symbol,
        "--book-depth": str(spec.book_depth),
    }
    where = {
        "--stale-after-seconds": str(spec.stale_after_seconds),
        "--host": "0.0.0.0",
        "--port": str(FEED_PORT),
        "--probe-host": "0.0.0.0",
        "--probe-port": str(pods.PROBE_PORT),
        "--keys": "cluster",
        "--max-connections": str(feeds.max_connections),
        "--namespace": feed.metadata.namespace,
    }
    if spec.environment is Environment.SIMULATED and settings.simulator is not None:
        where["--simulator"] = settings.simulator
    intervals = [part for interval in spec.intervals for part in ("--interval", interval)]
    return ["feed", *_flat(what), *intervals, *_flat(where)]


def _flat(options: dict[str, str]) -> list[str]:
    return [part for option in options.items() for part in option]
