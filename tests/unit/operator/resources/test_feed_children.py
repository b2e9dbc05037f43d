"""The children of a shared feed, and what a runner is given to use it (KU-12, MD-8)."""

from dataclasses import replace
from typing import Any

import pytest
import yaml

from botapi.feeds import FEED_AUDIENCE, FEED_TOKEN_FOLDER, feed_name
from botapi.metadata import ObjectMeta
from botapi.v1alpha1.feed import MarketDataFeed, MarketDataFeedSpec
from botoperator.resources.children import build_children, build_feed_children
from botoperator.resources.market_data_feed import build_market_data_feed
from botoperator.settings import FeedSettings, Resources, Settings
from support.accounts import Manifest
from support.kubectl import ROOT
from support.operator_objects import NOW, SETTINGS, UID, parsed, stored_account

_FEEDS = FeedSettings(resources=Resources(requests={"cpu": "50m"}))
_SETTINGS = replace(SETTINGS, feeds=_FEEDS)


def _spec(environment: str = "simulated") -> MarketDataFeedSpec:
    what = {"exchange": "bybit", "environment": environment, "symbol": "XRPUSDT"}
    return MarketDataFeedSpec.model_validate(what)


def _feed(environment: str = "simulated") -> MarketDataFeed:
    name = feed_name("bybit", environment, "futures", "XRPUSDT")
    return MarketDataFeed(
        api_version="tradefleet.dev/v1alpha1",
        kind="MarketDataFeed",
        metadata=ObjectMeta(name=name, namespace="tradefleet", uid=UID),
        spec=_spec(environment),
    )


def _child(kind: str, environment: str = "simulated", settings: Settings = _SETTINGS) -> Manifest:
    children = build_feed_children(_feed(environment), _FEEDS, settings)
    return next(child for child in children if child["kind"] == kind)


def test_the_feed_and_its_children_are_those_of_the_golden_file() -> None:
    feed = _feed()
    built = [
        build_market_data_feed(feed.metadata.name, "tradefleet", feed.spec, unused_since=NOW),
        *build_feed_children(feed, _FEEDS, _SETTINGS),
    ]

    golden = (ROOT / "tests" / "golden" / "operator" / "feed.yaml").read_text()
    assert built == list(yaml.safe_load_all(golden))


def test_a_feed_may_read_and_report_on_itself_and_nothing_else() -> None:
    rules = _child("Role")["rules"]

    granted = {(rule["resources"][0], *rule["verbs"]) for rule in rules}
    assert granted == {
        ("marketdatafeeds", "get"),
        ("marketdatafeeds/status", "get", "patch"),
    }
    assert {name for rule in rules for name in rule["resourceNames"]} == {
        "feed-bybit-simulated-futures-xrpusdt"
    }


def test_the_service_leads_to_the_pods_of_this_feed() -> None:
    selector = _child("Service")["spec"]["selector"]
    template = _child("Deployment")["spec"]["template"]

    assert selector.items() <= template["metadata"]["labels"].items()
    assert _child("Deployment")["spec"]["selector"]["matchLabels"] == selector


def test_a_feed_holds_no_keys_and_sees_no_secret() -> None:
    """MD-8."""
    pod = _child("Deployment")["spec"]["template"]["spec"]

    assert [volume["name"] for volume in pod["volumes"]] == ["tmp"]
    [container] = pod["containers"]
    assert [variable["name"] for variable in container["env"]] == ["POD_NAME"]


@pytest.mark.parametrize(("environment", "told"), [("simulated", True), ("demo", False)])
def test_only_a_simulated_feed_is_told_the_simulator(environment: str, told: bool) -> None:
    [container] = _child("Deployment", environment)["spec"]["template"]["spec"]["containers"]

    assert ("--simulator" in container["args"]) is told


def _runner(settings: Settings, **spec: Any) -> Manifest:
    children = build_children(parsed(stored_account(**spec)), settings)
    template: Manifest = children[-1]["spec"]["template"]["spec"]
    return template


@pytest.mark.parametrize("spec", [{}, {"mode": "dryRun", "credentials": None}])
def test_a_runner_that_uses_feeds_is_told_where_and_given_a_token_for_them(
    spec: dict[str, Any],
) -> None:
    """MD-8: a token of the feeds' own audience, that opens nothing else."""
    pod = _runner(_SETTINGS, **spec)

    [volume] = [each for each in pod["volumes"] if each["name"] == "feed-token"]
    [source] = volume["projected"]["sources"]
    assert source["serviceAccountToken"]["audience"] == FEED_AUDIENCE
    [container] = pod["containers"]
    assert container["args"][-2:] == ["--feeds-namespace", "tradefleet"]
    [mount] = [each for each in container["volumeMounts"] if each["name"] == "feed-token"]
    assert mount == {"name": "feed-token", "mountPath": FEED_TOKEN_FOLDER, "readOnly": True}


@pytest.mark.parametrize(
    ("poll", "connect", "said"),
    [
        (8.0, 400.0, ["--direct-poll-seconds", "8"]),
        (4.0, 0.5, ["--direct-connect-seconds", "0.5"]),
        (1.5, 800.0, ["--direct-poll-seconds", "1.5", "--direct-connect-seconds", "800"]),
    ],
)
def test_a_runner_is_told_its_share_of_the_address_where_it_is_another_than_its_own(
    poll: float, connect: float, said: list[str]
) -> None:
    """MD-9: what a runner assumes by itself stands in no template, so no release rolls it."""
    feeds = replace(_FEEDS, direct_poll_seconds=poll, direct_connect_seconds=connect)
    pod = _runner(replace(SETTINGS, feeds=feeds))

    arguments = pod["containers"][0]["args"]
    assert arguments[arguments.index("--feeds-namespace") + 2 :] == said


@pytest.mark.parametrize(
    ("settings", "spec"),
    [
        (SETTINGS, {}),
        (_SETTINGS, {"endpoints": {"rest": "https://api.example.org"}}),
    ],
    ids=["feeds off", "addresses of its own"],
)
def test_a_runner_that_uses_no_feed_has_nothing_of_them(
    settings: Settings, spec: dict[str, Any]
) -> None:
    pod = _runner(settings, **spec)

    assert "--feeds-namespace" not in pod["containers"][0]["args"]
    assert [volume["name"] for volume in pod["volumes"]] == ["keys", "state", "tmp"]
