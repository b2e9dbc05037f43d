"""What the adapter tells beside events: kept for the status, counted, logged."""

from botrunner.exchanges.port import (
    ClockReported,
    CredentialsReported,
    FeedReported,
    MessageRefused,
    PricesReported,
    Report,
    StreamReported,
    TopicsReported,
)
from botrunner.exchanges.stream_effects import StreamState
from botrunner.runtime.journal import Journal
from botrunner.runtime.surroundings import Surroundings
from botrunner.service.meters import Meters


class Hearing:
    """One life's. Called on the event loop only."""

    def __init__(self, around: Surroundings, journal: Journal, meters: Meters) -> None:
        self._around, self._journal, self._meters = around, journal, meters

    def hear(self, report: Report) -> None:
        """Take one report."""
        around, account = self._around, self._around.account
        match report:
            case StreamReported():
                self._stream(report)
            case CredentialsReported(problem=problem):
                around.keys_problem = "" if problem is None else str(problem)
                around.keys_reason = ""
            case ClockReported():
                around.clock_offset_seconds = report.offset_seconds
                self._meters.clock_offset.labels(account).set(report.offset_seconds)
            case PricesReported() | FeedReported() | TopicsReported():
                self._prices(report)
            case MessageRefused():
                self._meters.messages_refused.labels(account, report.origin).inc()
            case _:
                pass
        self._journal.reported(report)

    def symbol_unknown(self, symbol: str, words: str) -> None:
        """The venue does not have a symbol; empty words: it has."""
        if words and self._around.unknown_symbols.get(symbol) != words:
            self._around.unknown_symbols[symbol] = words
        elif not words:
            self._around.unknown_symbols.pop(symbol, None)

    def _prices(self, report: PricesReported | FeedReported | TopicsReported) -> None:
        around, symbol = self._around, report.symbol
        match report:
            case PricesReported():
                around.sources[symbol] = report.source
            case FeedReported(is_used=True):
                around.lost_feeds.pop(symbol, None)
            case FeedReported():
                around.lost_feeds[symbol] = report.reason
            case TopicsReported():
                around.unknown_symbols[symbol] = report.message

    def _stream(self, report: StreamReported) -> None:
        account = self._around.account
        self._around.streams[report.stream] = report.state
        up = report.state is StreamState.CONNECTED
        self._meters.stream_up.labels(account, report.stream).set(up)
        if report.state is StreamState.RECONNECTING:
            self._meters.reconnects.labels(account, report.stream).inc()
