"""The definition (CRD) of MarketDataFeed, as the API server takes it."""

from typing import Any

from botapi import labels
from botapi.schema import Schema, object_schema
from botapi.v1alpha1.feed import FeedStatus, MarketDataFeedSpec


def feed_definition() -> Schema:
    """The definition of MarketDataFeed."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": labels.FEED_CRD,
            "annotations": {labels.HELM_RESOURCE_POLICY_ANNOTATION: "keep"},
        },
        "spec": {
            "group": labels.GROUP,
            "names": {
                "kind": labels.FEED_KIND,
                "listKind": labels.FEED_LIST_KIND,
                "plural": labels.FEED_PLURAL,
                "singular": labels.FEED_SINGULAR,
                "shortNames": [labels.FEED_SHORT],
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
            "kind": {"description": f"{labels.FEED_KIND}.", "type": "string"},
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
        ("Ready", "string", f"{ready}.status", "Its pod serves."),
        ("Prices", "string", ".status.upstream.source", "Where they come from: stream, or rest."),
        ("Users", "integer", ".status.users", "Accounts that trade the symbol."),
        ("Subscribers", "integer", ".status.subscribers", "Runners that are connected."),
        ("Age", "date", ".metadata.creationTimestamp", "Since it was created."),
    ]
    shown = [_column(*column, priority=0) for column in columns]
    fresh = '.status.conditions[?(@.type=="MarketDataReady")].message'
    wide = [
        ("Pod", "string", ".status.pod", "The pod that serves."),
        ("Message", "string", f"{ready}.message", "Why it is not ready."),
        ("Upstream", "string", fresh, "Why its prices are not fresh."),
    ]
    return shown + [_column(*column, priority=1) for column in wide]


def _column(name: str, kind: str, path: str, text: str, *, priority: int) -> dict[str, Any]:
    column = {"name": name, "type": kind, "jsonPath": path, "description": text}
    return column | {"priority": priority}
