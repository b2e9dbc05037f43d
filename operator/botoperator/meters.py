"""What the operator counts, in the words of controller-runtime's metrics.

The registry is passed about, never the library's global one: a test makes its own.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60)


class ApiMeters:
    """Requests to the API server: the distance to the fewest possible is worth a graph."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register the counters."""
        self._requests = Counter(
            "tradefleet_operator_api_requests",
            "Requests to the API server, watches not counted.",
            ("verb", "resource", "code"),
            registry=registry,
        )
        self._seconds = Histogram(
            "tradefleet_operator_api_request_duration_seconds",
            "Time until a request was answered.",
            ("verb",),
            buckets=_SECONDS,
            registry=registry,
        )

    def asked(self, verb: str, resource: str, code: str, seconds: float) -> None:
        """Count a request; ``code`` is the HTTP status, or ``unreachable``."""
        self._requests.labels(verb, resource, code).inc()
        self._seconds.labels(verb).observe(seconds)


class WorkMeters:
    """Reconciles and the queue they wait in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register counters and gauges."""
        self._reconciles = Counter(
            "tradefleet_operator_reconciles",
            "Passes over an account or a feed, by what came of them: success, again or retry.",
            ("result",),
            registry=registry,
        )
        self._errors = Counter(
            "tradefleet_operator_reconcile_errors",
            "Passes that failed, by what stood in the way.",
            ("error",),
            registry=registry,
        )
        self._seconds = Histogram(
            "tradefleet_operator_reconcile_duration_seconds",
            "Time that a pass over an account took.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._depth = Gauge(
            "tradefleet_operator_queue_depth", "Accounts and feeds that are due.", registry=registry
        )
        self._waiting = Gauge(
            "tradefleet_operator_queue_waiting",
            "Accounts and feeds that come due later: retries, and what a plan waits for.",
            registry=registry,
        )
        self._age = Gauge(
            "tradefleet_operator_queue_oldest_age_seconds",
            "How long the oldest one that is due or in work has been so.",
            registry=registry,
        )
        self._accounts = Gauge(
            "tradefleet_operator_accounts", "TradingAccounts that are known.", registry=registry
        )
        self._feeds = Gauge(
            "tradefleet_operator_feeds", "MarketDataFeeds that are known.", registry=registry
        )
        self._relists = Counter(
            "tradefleet_operator_relists",
            "Comparisons of all that is known.",
            ("result",),
            registry=registry,
        )
        self._lost = Counter(
            "tradefleet_operator_lost_deletions",
            "Deletions that no watch told of and a relist found.",
            registry=registry,
        )
        self._events = Counter(
            "tradefleet_operator_watch_events",
            "Changes that watches told of.",
            ("kind",),
            registry=registry,
        )

    def worked(self, result: str, seconds: float) -> None:
        """Count a pass."""
        self._reconciles.labels(result).inc()
        self._seconds.observe(seconds)

    def failed(self, error: str) -> None:
        """Count a failure by the name of its class."""
        self._errors.labels(error).inc()

    def relisted(self, result: str, lost: int) -> None:
        """Count a relist, ``success`` or ``error``, and the deletions it found."""
        self._relists.labels(result).inc()
        self._lost.inc(lost)

    def told(self, kind: str) -> None:
        """Count a change that a watch told of."""
        self._events.labels(kind).inc()

    def state(
        self, *, depth: int, waiting: int, oldest_seconds: float, accounts: int, feeds: int
    ) -> None:
        """Say how things stand."""
        self._depth.set(depth)
        self._waiting.set(waiting)
        self._age.set(oldest_seconds)
        self._accounts.set(accounts)
        self._feeds.set(feeds)
