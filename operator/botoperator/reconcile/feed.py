"""The plan of one shared feed: there while an account uses it, gone after the time of grace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botapi import labels
from botapi.faults import InvalidObjectError
from botapi.metadata import ObjectMeta
from botapi.model import Json
from botapi.parse import parse
from botapi.v1alpha1.feed import MarketDataFeed, MarketDataFeedSpec
from botoperator.reconcile.feed_status import feed_notices, feed_status_write
from botoperator.reconcile.feed_use import FeedIdentity
from botoperator.reconcile.ownership import has_our_marks, parent_feed
from botoperator.reconcile.plan import FeedObservation, Plan
from botoperator.reconcile.runner_pod import moment
from botoperator.reconcile.steps import Step, child_step, delete_of, find_child, taken_words
from botoperator.resources.children import build_feed_children
from botoperator.resources.market_data_feed import build_market_data_feed
from botoperator.settings import FeedSettings, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What is known of one feed, read once."""

    seen: FeedObservation
    feeds: FeedSettings
    settings: Settings
    now: datetime


def plan_feed(seen: FeedObservation, settings: Settings, *, now: datetime) -> Plan:
    """What to do about a feed and its children; ``now`` is aware.

    Nothing where feeds are off. Never raises for what people or feeds wrote into any object.
    """
    if settings.feeds is None or _is_going(seen.feed):
        return Plan()
    view = _View(seen=seen, feeds=settings.feeds, settings=settings, now=now)
    if seen.identity is not None and seen.users:
        return _plan_used(view, seen.identity)
    return Plan() if seen.feed is None else _plan_unused(view, seen.feed)


def _plan_used(view: _View, identity: FeedIdentity) -> Plan:
    wanted = build_market_data_feed(
        identity.name,
        view.settings.namespace,
        _spec_of(identity),
        unused_since=None,
        owner=view.seen.owner,
    )
    return _plan_present(view, wanted)


def _plan_unused(view: _View, feed: Json) -> Plan:
    parsed = _parsed(feed)
    if parsed is None or not has_our_marks(feed, parent_feed(parsed.metadata)):
        # Not of our making, and nobody asks for it.
        return Plan()
    since = _unused_since(feed)
    due = (since or view.now) + view.feeds.grace
    if since is None or view.now < due:
        wanted = build_market_data_feed(
            parsed.metadata.name,
            parsed.metadata.namespace,
            parsed.spec,
            unused_since=since or view.now,
            owner=view.seen.owner,
        )
        return _plan_present(view, wanted, until=due)
    if view.seen.listed_at is None or view.seen.listed_at < due:
        return Plan(needs_fresh_list=True)
    return Plan(deletes=(delete_of(feed),))


def _plan_present(view: _View, wanted: Json, until: datetime | None = None) -> Plan:
    """The object as wanted, and once it is there, its children and our part of its status."""
    itself = child_step(view.seen.feed, wanted, parent_feed(_metadata_of(wanted)))
    feed = _parsed(view.seen.feed)
    children = _children(view, feed) if feed is not None else ()
    steps = [step for step in (itself, *children) if step is not None]
    obstacle = "; ".join(step.obstacle for step in steps if step.obstacle)
    write = None
    if view.seen.feed is not None:
        write = feed_status_write(view.seen, view.seen.trouble or obstacle, now=view.now)
    return Plan(
        applies=tuple(step.apply for step in steps if step.apply is not None),
        deletes=tuple(step.delete for step in steps if step.delete is not None),
        status=write,
        notices=feed_notices(view.seen, write),
        requeue_after=until - view.now if until is not None else None,
    )


def _children(view: _View, feed: MarketDataFeed) -> tuple[Step | None, ...]:
    parent = parent_feed(feed.metadata)
    pairs = [
        (find_child(view.seen.children, manifest), manifest)
        for manifest in build_feed_children(feed, view.feeds, view.settings)
    ]
    for live, wanted in pairs:
        if text := taken_words(live, wanted, parent):
            return (Step(obstacle=text),)
    return tuple(child_step(live, wanted, parent) for live, wanted in pairs)


def _spec_of(identity: FeedIdentity) -> MarketDataFeedSpec:
    """The spec that all users share; depth and candles are those that every strategy does with."""
    return MarketDataFeedSpec.model_validate(
        {
            "exchange": identity.exchange,
            "environment": identity.environment,
            "market": identity.market,
            "symbol": identity.symbol,
        }
    )


def _parsed(feed: Json | None) -> MarketDataFeed | None:
    if feed is None:
        return None
    try:
        return parse(MarketDataFeed, {**feed, "status": None})
    except InvalidObjectError:
        return None


def _metadata_of(wanted: Mapping[str, Any]) -> ObjectMeta:
    return parse(ObjectMeta, wanted["metadata"])


def _unused_since(feed: Json) -> datetime | None:
    annotations = (feed.get("metadata") or {}).get("annotations") or {}
    return moment(annotations.get(labels.UNUSED_SINCE_ANNOTATION))


def _is_going(feed: Json | None) -> bool:
    return feed is not None and bool((feed.get("metadata") or {}).get("deletionTimestamp"))
