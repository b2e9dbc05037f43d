"""Which shared feeds an account uses, and how many feeds that makes (KU-12)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from botoperator.reconcile.feed_use import FeedIdentity, feeds_of
from botoperator.settings import FeedSettings
from support.accounts import strategy
from support.operator_objects import SETTINGS, stored_account

_SETTINGS = replace(SETTINGS, feeds=FeedSettings(grace=timedelta(seconds=600)))


def _uses(settings: Any = _SETTINGS, **spec: Any) -> list[tuple[str, str]]:
    found = feeds_of(stored_account(**spec), settings)
    return sorted((feed.environment, feed.symbol) for feed in found)


def test_an_account_uses_the_feeds_of_its_strategies() -> None:
    strategies = [strategy("sol", "SOLUSDT"), strategy("doge", "DOGEUSDT")]

    assert _uses(strategies=strategies) == [("demo", "DOGEUSDT"), ("demo", "SOLUSDT")]


def test_a_dry_run_uses_them_as_a_live_account_does() -> None:
    """KU-12: by at least one account."""
    assert _uses(mode="dryRun", credentials=None) == _uses() != []


@pytest.mark.parametrize(
    ("settings", "spec"),
    [
        (SETTINGS, {}),
        (_SETTINGS, {"endpoints": {"rest": "https://api.example.org"}}),
        (replace(_SETTINGS, simulator=None), {"environment": "simulated"}),
        (_SETTINGS, {"strategies": "nonsense"}),
    ],
    ids=["feeds off", "addresses of its own", "no simulator", "cannot be read"],
)
def test_accounts_that_use_no_feed(settings: Any, spec: dict[str, Any]) -> None:
    assert _uses(settings, **spec) == []


def _feeds(*accounts: tuple[str, str]) -> int:
    """How many feeds accounts of (environment, symbol) are, in namespaces of their own."""
    found: set[FeedIdentity] = set()
    for environment, symbol in accounts:
        raw = stored_account(environment=environment, strategies=[strategy("one", symbol)])
        found |= feeds_of(raw, _SETTINGS)
    return len(found)


def test_the_feeds_of_three_fleets() -> None:
    """KU-12, its own three examples."""
    demo, mainnet, doge = ("demo", "SOLUSDT"), ("mainnet", "SOLUSDT"), ("demo", "DOGEUSDT")

    assert _feeds(demo, demo, demo) == 1
    assert _feeds(demo, mainnet) == 2
    assert _feeds(demo, doge, mainnet) == 3
