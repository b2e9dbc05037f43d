"""The schema is structural, whole and documented (KU-1, KU-2, KU-3)."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from botapi.conditions import Phase
from botapi.definitions import account_definition

_VERSION = account_definition()["spec"]["versions"][0]
_ROOT = _VERSION["schema"]["openAPIV3Schema"]
_SPEC, _STATUS = _ROOT["properties"]["spec"], _ROOT["properties"]["status"]

_KNOWN_KEYWORDS = {
    *("type", "description", "properties", "required", "items", "enum", "default", "format"),
    *("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems"),
    *("pattern", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
    "x-kubernetes-validations",
}


def _nodes(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from _nodes(field, f"{path}.{name}")
    if "items" in schema:
        yield from _nodes(schema["items"], f"{path}[]")


_NODES = [*_nodes(_SPEC, "spec"), *_nodes(_STATUS, "status")]
_FIELDS = [(path, node) for path, node in _NODES if not path.endswith("[]")]


def test_the_schema_uses_structural_keywords_only() -> None:
    used = {keyword for _, node in _NODES for keyword in node}

    assert used <= _KNOWN_KEYWORDS
    assert all("type" in node for _, node in _NODES)


def test_nothing_of_the_schema_is_a_template() -> None:
    """Helm would read it: the chart carries the same file."""
    assert "{{" not in json.dumps(account_definition())


def test_the_definition_fits_into_one_annotation() -> None:
    """A client-side apply stores it there: at most 262144 bytes."""
    assert len(json.dumps(account_definition())) < 200_000


def test_every_string_and_list_has_a_bound() -> None:
    """The API server budgets CEL by the largest object that the schema allows."""
    for path, node in _NODES:
        if node["type"] == "array":
            assert "maxItems" in node, path
        if node["type"] == "string":
            assert node.keys() & {"maxLength", "enum", "format"}, path


@pytest.mark.parametrize(("path", "node"), _FIELDS, ids=[path for path, _ in _FIELDS])
def test_every_field_is_described(path: str, node: dict[str, Any]) -> None:
    """KU-2."""
    assert re.match(r"\S.*\.$", node["description"], re.DOTALL)


_UNITS = re.compile(
    r"USDT|percent|[Ss]econds|factor|number|attempts|Writes|URL|text|generation|milliseconds"
)
_SPEC_FIELDS = [(path, node) for path, node in _FIELDS if path.startswith("spec.")]


@pytest.mark.parametrize(("path", "node"), _SPEC_FIELDS, ids=[path for path, _ in _SPEC_FIELDS])
def test_every_field_of_the_spec_says_when_a_change_applies(
    path: str, node: dict[str, Any]
) -> None:
    """KU-13."""
    assert re.search(
        r"(A change applies: (live|when flat|restart)|Immutable)\.$", node["description"]
    )


_NUMBERS = [(path, node) for path, node in _FIELDS if node["type"] in ("number", "integer")]


@pytest.mark.parametrize(("path", "node"), _NUMBERS, ids=[path for path, _ in _NUMBERS])
def test_every_number_says_its_unit(path: str, node: dict[str, Any]) -> None:
    """KU-2: percent, seconds, USDT, a factor or a count of something named."""
    assert re.search(
        r"USDT|percent|[Ss]econds|factor|[Nn]umber|level|attempts|Writes|generation|positions",
        node["description"],
    )


def test_ranges_in_descriptions_are_those_of_the_schema() -> None:
    for path, node in _SPEC_FIELDS:
        if "minimum" in node and "maximum" in node and "exclusiveMinimum" not in node:
            assert f"{node['minimum']} to {node['maximum']}" in node["description"], path


def test_the_spec_has_defaults_and_the_status_has_none() -> None:
    """A default of a status would appear under fields that no writer owns."""
    optional = [
        path for path, node in _SPEC_FIELDS if "default" not in node and not _is_required(path)
    ]

    assert optional == [
        "spec.credentials",
        "spec.endpoints.rest",
        "spec.endpoints.publicStream",
        "spec.endpoints.privateStream",
        "spec.emergencyStop",
        "spec.acknowledgedEmergency",
        *(
            f"spec.emergency.byCause.{cause}"
            for cause in ("person", "margin", "stream", "invariant", "errors", "venue")
        ),
        "spec.risk.maxNotional.perSymbol",
        "spec.risk.maxNotional.perAccount",
        "spec.risk.maxLeverage",
        "spec.risk.minNotional",
        "spec.strategies[].acknowledgedHold",
        "spec.strategies[].grid",
    ]
    assert not [path for path, node in _nodes(_STATUS, "status") if "default" in node]


def _is_required(path: str) -> bool:
    parent, _, name = path.rpartition(".")
    node = dict(_NODES)[parent]
    return name in node.get("required", [])


def test_lists_with_a_key_are_merged_by_it() -> None:
    """KU-4: so that two writers can own parts of one list."""
    keys = {
        path: node["x-kubernetes-list-map-keys"]
        for path, node in _NODES
        if node.get("x-kubernetes-list-type") == "map"
    }

    assert keys == {
        "spec.strategies": ["name"],
        "status.conditions": ["type"],
        "status.strategies": ["name"],
    }


def test_the_exchange_is_immutable_as_the_environment_is() -> None:
    """KU-1: there is no second exchange to try it with on a server."""
    exchange, environment = (
        _SPEC["properties"][name]["x-kubernetes-validations"]
        for name in ("exchange", "environment")
    )

    assert [rule["rule"] for rule in exchange] == ["self == oldSelf"]
    assert exchange == json.loads(json.dumps(environment).replace("environment", "exchange"))


def test_phases_are_those_of_the_table() -> None:
    assert _STATUS["properties"]["phase"]["enum"] == [phase.value for phase in Phase]


def test_the_definition_names_the_resource() -> None:
    """KU-2."""
    spec = account_definition()["spec"]

    assert spec["names"] == {
        "kind": "TradingAccount",
        "listKind": "TradingAccountList",
        "plural": "tradingaccounts",
        "singular": "tradingaccount",
        "shortNames": ["ta"],
        "categories": ["tradefleet"],
    }
    assert (spec["group"], spec["scope"]) == ("tradefleet.dev", "Namespaced")
    assert _VERSION["subresources"] == {"status": {}}
    assert _ROOT["required"] == ["spec"]


def test_the_columns_are_those_that_people_were_promised() -> None:
    """KU-2."""
    columns = [
        (c["name"], c["jsonPath"], c["priority"]) for c in _VERSION["additionalPrinterColumns"]
    ]

    assert columns == [
        ("Exchange", ".spec.exchange", 0),
        ("Env", ".spec.environment", 0),
        ("Mode", ".spec.mode", 0),
        ("Ready", '.status.conditions[?(@.type=="Ready")].status', 0),
        ("Phase", ".status.phase", 0),
        ("MM Rate", ".status.account.maintenanceMarginRate", 0),
        ("Equity", ".status.account.equity", 0),
        ("PnL (day)", ".status.account.dayPnl", 0),
        ("Positions", ".status.account.positions", 0),
        ("Age", ".metadata.creationTimestamp", 0),
        ("Strategies", ".status.strategySummary", 1),
        ("Runner", ".status.runner.pod", 1),
        ("Message", '.status.conditions[?(@.type=="Ready")].message', 1),
    ]
