"""The definitions (CRDs) of our resources, as the API server takes them."""

from typing import Any, Final

from botapi import labels
from botapi.feed_definition import feed_definition
from botapi.schema import Schema, object_schema
from botapi.v1alpha1.account import TradingAccountSpec
from botapi.v1alpha1.status import AccountStatus

_WIDE: Final = 1
"""Priority of a column that only ``-o wide`` shows."""


def definitions() -> dict[str, Schema]:
    """Every definition by its file's name, without the folder."""
    return {
        f"{labels.ACCOUNT_CRD}.yaml": account_definition(),
        f"{labels.FEED_CRD}.yaml": feed_definition(),
    }


def account_definition() -> Schema:
    """The definition of TradingAccount."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": labels.ACCOUNT_CRD,
            "annotations": {labels.HELM_RESOURCE_POLICY_ANNOTATION: "keep"},
        },
        "spec": {
            "group": labels.GROUP,
            "names": {
                "kind": labels.ACCOUNT_KIND,
                "listKind": labels.ACCOUNT_LIST_KIND,
                "plural": labels.ACCOUNT_PLURAL,
                "singular": labels.ACCOUNT_SINGULAR,
                "shortNames": [labels.ACCOUNT_SHORT],
                "categories": [labels.CATEGORY],
            },
            "scope": "Namespaced",
            "versions": [_account_version()],
        },
    }


def _account_version() -> Schema:
    return {
        "name": labels.VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": _account_columns(),
        "schema": {"openAPIV3Schema": _account_schema()},
    }


def _account_schema() -> Schema:
    return {
        "description": (
            "TradingAccount is one account at an exchange. While it exists, one pod trades the "
            "strategies it names, within the limits it sets."
        ),
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"description": f"{labels.API_VERSION}.", "type": "string"},
            "kind": {"description": f"{labels.ACCOUNT_KIND}.", "type": "string"},
            "metadata": {"type": "object"},
            "spec": {
                "description": "What a person wants of the account.",
                **object_schema(TradingAccountSpec, with_defaults=True),
            },
            "status": {
                "description": (
                    "What the operator and the runner report. Money, prices and rates are decimal "
                    "strings, rates in percent."
                ),
                **object_schema(AccountStatus, with_defaults=False),
            },
        },
    }


def _account_columns() -> list[dict[str, Any]]:
    ready = '.status.conditions[?(@.type=="Ready")]'
    account = ".status.account"
    return [
        _column("Exchange", ".spec.exchange", "Exchange of the account."),
        _column("Env", ".spec.environment", "Which system of the exchange."),
        _column("Mode", ".spec.mode", "live, or dryRun."),
        _column("Ready", f"{ready}.status", "Trading, with everything in place."),
        _column("Phase", ".status.phase", "What is going on, in a word."),
        _column("MM Rate", f"{account}.maintenanceMarginRate", "Maintenance margin rate, percent."),
        _column("Equity", f"{account}.equity", "USDT."),
        _column("PnL (day)", f"{account}.dayPnl", "Change of equity today, USDT."),
        _column("Positions", f"{account}.positions", "Open positions.", kind="integer"),
        _column("Age", ".metadata.creationTimestamp", "Since it was created.", kind="date"),
        _column("Strategies", ".status.strategySummary", "Each strategy.", priority=_WIDE),
        _column("Runner", ".status.runner.pod", "The pod that trades.", priority=_WIDE),
        _column("Message", f"{ready}.message", "Why it is not ready.", priority=_WIDE),
    ]


def _column(
    name: str, path: str, description: str, *, kind: str = "string", priority: int = 0
) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "type": kind, "jsonPath": path}
    return column | {"description": description, "priority": priority}
