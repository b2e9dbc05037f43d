"""The definition (CRD) of MarketDataFeed.

Not among ``definitions``, from which the files are generated, until the operator makes feeds: a
kind that nobody acts on is not in the API.
"""

from typing import Any, Final

from botapi import labels
from botapi.schema import Schema, object_schema
from botapi.v1alpha1.feed import FeedStatus, MarketDataFeedSpec

FEED_KIND: Final = "MarketDataFeed"
FEED_PLURAL: Final = "marketdatafeeds"
FEED_SHORT: Final = "mdf"
FEED_CRD: Final = f"{FEED_PLURAL}.{labels.GROUP}"


def feed_definition() -> Schema:
    """The definition of MarketDataFeed."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": FEED_CRD,
            "annotations": {labels.HELM_RESOURCE_POLICY_ANNOTATION: "keep"},
        },
        "spec": {
            "group": labels.GROUP,
            "names": {
                "kind": FEED_KIND,
                "listKind": f"{FEED_KIND}List",
                "plural": FEED_PLURAL,
                "singular": FEED_KIND.lower(),
                "shortNames": [FEED_SHORT],
                "categories": [labels.CATEGORY],
            },
            "scope": "Namespaced",
            "versions": [_version()],
        },
    }


def _version() -> Schema:
    return {
        "name": labels.VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": _columns(),
        "schema": {"openAPIV3Schema": _schema()},
    }


def _schema() -> Schema:
    return {
        "description": (
            "MarketDataFeed is one pod that follows one symbol at an exchange and serves its "
            "prices to every runner that trades it. The operator makes and removes it."
        ),
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"description": f"{labels.API_VERSION}.", "type": "string"},
            "kind": {"description": f"{FEED_KIND}.", "type": "string"},
            "metadata": {"type": "object"},
            "spec": {
                "description": "What the feed follows; the operator writes it.",
                **object_schema(MarketDataFeedSpec, with_defaults=True),
            },
            "status": {
                "description": "What the feed reports.",
                **object_schema(FeedStatus, with_defaults=False),
            },
        },
    }


def _columns() -> list[dict[str, Any]]:
    ready = '.status.conditions[?(@.type=="Ready")]'
    columns = [
        ("Exchange", "string", ".spec.exchange", "Exchange of the feed."),
        ("Env", "string", ".spec.environment", "Which system of the exchange."),
        ("Symbol", "string", ".spec.symbol", "The contract."),
        ("Ready", "string", f"{ready}.status", "It has fresh prices to serve."),
        ("Source", "string", ".status.upstream.source", "stream, or rest."),
        ("Subscribers", "integer", ".status.subscribers", "Runners that it serves."),
        ("Age", "date", ".metadata.creationTimestamp", "Since it was created."),
    ]
    shown = [_column(*column, priority=0) for column in columns]
    why = _column("Message", "string", f"{ready}.message", "Why it is not ready.", priority=1)
    return [*shown, why]


def _column(name: str, kind: str, path: str, text: str, *, priority: int) -> dict[str, Any]:
    column = {"name": name, "type": kind, "jsonPath": path, "description": text}
    return column | {"priority": priority}
