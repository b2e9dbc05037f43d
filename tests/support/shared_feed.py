"""The shared feed of one symbol in the cluster, and how fast runners do without it.

Times are those of the runners' own logs, on the clock of this machine; the log has every quote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botapi.feeds import feed_name
from botapi.labels import FEED_COMPONENT, FEED_PLURAL
from botrunner.service.clock import SystemClock
from cluster import processes
from support.fleet_desk import FleetDesk, elapse
from support.fleet_scenario import XRP
from support.grid_life import LIFE
from support.kubectl import Kubectl
from support.processor import Withheld

GRACE_SECONDS = 20
BY_FEED = ("AsExpected",)
WITHOUT_FEED = ("FeedLost", "PollingDegraded")
"""By a stream of its own, or by polling where it may not connect again yet."""
NAME = feed_name("bybit", "simulated", "futures", XRP)
_FRAMES_EVERY = timedelta(seconds=0.5)
"""A feed's heartbeat: its last frame is at most so much older than the moment of its loss."""
_DIRECT_AFTER, _JITTER = timedelta(seconds=3), timedelta(seconds=2)
_PRICES_WITHIN = timedelta(seconds=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFeed:
    """Of all runners that trade `XRP` at the release's simulator."""

    kubectl: Kubectl
    """In the operator's namespace."""

    def names(self) -> list[str]:
        """Every feed there is."""
        return [feed["metadata"]["name"] for feed in self.kubectl.read(FEED_PLURAL)["items"]]

    def status(self) -> dict[str, Any]:
        """Of the symbol's feed; empty while there is none."""
        found = {feed["metadata"]["name"]: feed for feed in self.kubectl.read(FEED_PLURAL)["items"]}
        return dict(found.get(NAME, {}).get("status", {}))

    def pods(self) -> list[dict[str, Any]]:
        """Of all feeds."""
        selector = f"--selector=app.kubernetes.io/component={FEED_COMPONENT}"
        return list(self.kubectl.read("pods", selector)["items"])

    def address(self) -> str:
        """Of the one pod."""
        [pod] = self.pods()
        return str(pod["status"]["podIP"])

    def processes(self) -> list[int]:
        """The feed's processes as this machine numbers them."""
        marks = f"feed --exchange bybit --environment simulated --market futures --symbol {XRP} "
        return [
            pid
            for pid in processes.all_pids()
            if marks in " ".join(processes.command_line(pid)) + " "
        ]


class Loss:
    """What becomes of these accounts when they lose the feed, which they still have."""

    def __init__(self, feed: SharedFeed, desks: Sequence[FleetDesk]) -> None:
        self._desks = [(desk, desk.withheld(*feed.processes())) for desk in desks]
        # A last frame that is late, because the feed was not allowed to run, is counted too.
        elapse(2 * _FRAMES_EVERY.total_seconds())
        self._before = self._at = SystemClock().now()

    def begins(self) -> None:
        """The last frames have come, between the making of this and now."""
        self._at = SystemClock().now()

    def is_borne(self) -> None:
        """MD-6: each goes direct 3 to 5 s after the last frame, and has prices within 6 s of it."""
        for desk, withheld in self._desks:
            left_at = desk.until(partial(self._left_at, desk), "it leaves the feed")
            self._has_prices(desk, withheld, after=left_at)
            waited = withheld.so_far()
            assert left_at <= self._at + _DIRECT_AFTER + _JITTER + waited, desk.name
            assert left_at >= self._before - _FRAMES_EVERY + _DIRECT_AFTER - waited, desk.name

    def is_made_good(self) -> None:
        """MD-6: each has prices within 6 s of the last frame, of another feed or directly."""
        for desk, withheld in self._desks:
            self._has_prices(desk, withheld, after=self._before)

    def sources(self, desk: FleetDesk) -> list[str]:
        """Where its prices have come from since, each time that changed."""
        return [record["source"] for record in _records(desk, "PricesReported", self._before)]

    def went_direct_at(self, desk: FleetDesk) -> datetime:
        """When it left the feed."""
        left_at = self._left_at(desk)
        assert left_at is not None
        return left_at

    def _has_prices(self, desk: FleetDesk, withheld: Withheld, *, after: datetime) -> None:
        quotes = desk.until(partial(_records, desk, "QuoteChanged", after), "a price again")
        assert _moment(quotes[0]) <= self._at + _PRICES_WITHIN + withheld.so_far(), desk.name

    def _left_at(self, desk: FleetDesk) -> datetime | None:
        routes = _records(desk, "FeedReported", self._before)
        return next((_moment(route) for route in routes if not route["is_used"]), None)


def live(desks: Sequence[FleetDesk], number: int) -> None:
    """The price moves, and the accounts do what the example says."""
    desks[0].price(LIFE[number].price)
    for desk in desks:
        desk.settles(LIFE[number].shows)


def go_on(desks: Sequence[FleetDesk], *reasons: str) -> None:
    """Wait until all have prices, with one of these reasons: `BY_FEED`, or `WITHOUT_FEED`."""
    for desk in desks:
        said = desk.until(partial(_market_data, desk, reasons), f"MarketDataReady {reasons}")
        assert said["status"] == "True"


def _market_data(desk: FleetDesk, reasons: Sequence[str]) -> dict[str, Any] | None:
    condition = desk.condition("MarketDataReady")
    return condition if condition.get("reason") in reasons else None


def _records(desk: FleetDesk, event: str, after: datetime) -> list[dict[str, Any]]:
    return [record for record in desk.records(event) if _moment(record) >= after]


def _moment(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["at"])
