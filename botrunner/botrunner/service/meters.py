"""Metrics of one process, in a registry of their own (OB-1, OB-2)."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENCY_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Meters:
    """Every metric of a runner's process; the label ``account`` is the account's name."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.equity = self._gauge("account_equity_usdt", "Equity of the account.")
        self.available = self._gauge("account_available_usdt", "What new orders may use.")
        self.margin_rate = self._gauge(
            "account_maintenance_margin_ratio", "Maintenance margin rate, a fraction.", "kind"
        )
        self.unrealised = self._gauge(
            "account_unrealised_pnl_usdt", "Profit of open positions at the mark price."
        )
        self.realised = self._gauge("account_realised_pnl_usdt", "Profit of closed positions.")
        self.fees = self._gauge("account_fees_usdt", "Fees paid.")
        self.funding = self._gauge("account_funding_usdt", "Funding received less paid.")
        self.positions = self._gauge("account_positions_count", "Open positions; sides count.")
        self.open_orders = self._gauge("account_open_orders_count", "Orders of ours that rest.")
        self.stopped = self._gauge("account_emergency_stop_state", "1 while a stop holds.")
        self.ready = self._gauge("account_condition_state", "1 while it holds.", "condition")
        self.stream_up = self._gauge("stream_connected_state", "1 while connected.", "stream")
        self.clock_offset = self._gauge(
            "venue_clock_offset_seconds", "The venue's clock less ours."
        )
        self.unprotected = self._gauge(
            "position_unprotected_seconds", "For how long a side has lacked its exit.", "strategy"
        )
        self.orders = self._counter("orders_total", "Order requests by their end.", "outcome")
        self.events = self._counter("engine_events_total", "Events taken by the engine.")
        self.refusals = self._counter("risk_refusals_total", "Orders that risk refused.", "reason")
        self.reconnects = self._counter(
            "stream_reconnects_total", "Times a stream was lost.", "stream"
        )
        self.messages_refused = self._counter(
            "messages_refused_total", "Messages that could not be believed.", "origin"
        )
        self.recoveries = self._counter("recoveries_total", "Recoveries begun by a gap.")
        self.report_failures = self._counter("report_failures_total", "Reports not written.")
        self.latency = Histogram(
            "tradefleet_event_to_request_seconds",
            "From an event's arrival until its order requests were handed over.",
            ("account",),
            registry=self.registry,
            buckets=_LATENCY_BUCKETS,
        )

    def exposition(self) -> bytes:
        """All of it in the text format that Prometheus reads."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"tradefleet_{name}", text, ("account", *labels), registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"tradefleet_{name}", text, ("account", *labels), registry=self.registry)
