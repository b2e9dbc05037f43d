"""Logs and audit of one life, read off events, outcomes and reports (OB-5, OB-11)."""

import json
from typing import TextIO

from botrunner.domain.actions import Notify, OrderAction, RecordStop
from botrunner.domain.control import (
    AccountPolled,
    AccountRead,
    Event,
    RateLimitReported,
    ReadFailed,
    SettingRefused,
    SymbolRead,
    TransfersRead,
)
from botrunner.domain.events import (
    AmendOutcomeUnknown,
    AmendRejected,
    CancelOutcomeUnknown,
    CancelRejected,
    OrderDenied,
    OrderFilled,
    OrderNotFound,
    OrderOutcomeUnknown,
    OrderRejected,
    QuoteChanged,
    TimerFired,
    WalletChanged,
)
from botrunner.engine.audit import plain
from botrunner.engine.outcome import AuditRecord, Outcome
from botrunner.exchanges.port import (
    ClockReported,
    CredentialsReported,
    MarksReported,
    MessageRefused,
    Report,
    RequestFailed,
    StreamReported,
    TopicsReported,
)
from botrunner.exchanges.stream_effects import StreamState
from botrunner.risk.verdict import Reason
from botrunner.service.logs import Level, Log

_FREQUENT = (
    QuoteChanged
    | TimerFired
    | WalletChanged
    | RateLimitReported
    | AccountRead
    | AccountPolled
    | SymbolRead
    | TransfersRead
)
_WARNINGS = (
    OrderRejected
    | OrderDenied
    | OrderOutcomeUnknown
    | OrderNotFound
    | AmendRejected
    | AmendOutcomeUnknown
    | CancelRejected
    | CancelOutcomeUnknown
    | SettingRefused
    | ReadFailed
)


_MEASURED: dict[type[object], str] = {ClockReported: "clock", MarksReported: "marks"}


class Journal:
    """Writes down what happened; ``audit`` gets every step of the engine as JSON lines."""

    def __init__(self, log: Log, audit: TextIO | None = None) -> None:
        self.log = log
        self._audit = audit
        self._refused: set[tuple[object, ...]] = set()

    def step(self, event: Event, outcome: Outcome, gained: str | None) -> None:
        """One step of the engine; ``gained`` is what a fill realised, None for a known one."""
        if self._audit is not None:
            self._write_audit(outcome.audit)
        self._event(event, outcome, gained)
        self._refusals(outcome)

    def sent(self, action: OrderAction) -> None:
        """An order request goes out."""
        self.log.write(Level.INFO, "request", **_fields(action))

    def stopped(self, action: RecordStop) -> None:
        """A stop was engaged: the loudest record there is."""
        fields = {"policy": action.policy.value, "cause": action.stop.cause.value}
        self.log.write(
            Level.CRITICAL,
            "emergencyStop",
            id=action.stop.emergency_id,
            reason=action.stop.reason,
            symbol=action.stop.symbol,
            rate=action.stop.rate,
            latched=action.stop.latched,
            **fields,
        )

    def notified(self, action: Notify) -> None:
        """Something people are told."""
        level = Level.WARNING if action.warning else Level.INFO
        self.log.write(level, "notice", reason=action.reason, message=action.message)

    def reported(self, report: Report) -> None:
        """What the adapter told beside the events."""
        match report:
            case StreamReported():
                lost = report.state in (StreamState.RECONNECTING, StreamState.FAILED)
                level = Level.WARNING if lost else Level.INFO
                self.log.write(level, "stream", **_fields(report))
            case MessageRefused():
                self.log.write(Level.ERROR, "messageRefused", **_fields(report))
            case RequestFailed():
                text = str(report.problem)
                self.log.write(Level.WARNING, "requestFailed", request=report.request, why=text)
            case CredentialsReported(problem=problem):
                if problem is not None:
                    self.log.write(Level.ERROR, "keyRefused", why=str(problem))
            case TopicsReported():
                self.log.write(Level.ERROR, "topicsRefused", **_fields(report))
            case ClockReported() | MarksReported():
                self.log.write(Level.DEBUG, _MEASURED[type(report)], **_fields(report))
            case _:
                self.log.write(Level.INFO, type(report).__name__, **_fields(report))

    def _event(self, event: Event, outcome: Outcome, gained: str | None) -> None:
        if isinstance(event, OrderFilled) and gained is not None:
            self.log.trade(**_fields(event), realised=gained)
        elif isinstance(event, _FREQUENT | OrderFilled):
            if self.log.level <= Level.DEBUG:
                self.log.write(Level.DEBUG, type(event).__name__, **outcome.audit.event)
        else:
            level = Level.WARNING if isinstance(event, _WARNINGS) else Level.INFO
            fields = {k: v for k, v in outcome.audit.event.items() if k not in ("type", "at")}
            self.log.write(level, type(event).__name__, **fields)

    def _refusals(self, outcome: Outcome) -> None:
        """Why something was not placed: once per change of the answer."""
        now = {tuple(refusal.values()) for refusal in outcome.audit.refusals}
        fresh = [r for r in outcome.audit.refusals if tuple(r.values()) not in self._refused]
        for refusal in fresh:
            fields = {name: value for name, value in refusal.items() if name != "type"}
            # Not enabled yet is how every start goes; the condition says what is missing.
            early = fields.get("reason") == Reason.TRADING_DISABLED.value
            self.log.write(Level.INFO if early else Level.WARNING, "refused", **fields)
        if now:
            self._refused = now

    def _write_audit(self, record: AuditRecord) -> None:
        assert self._audit is not None
        try:
            self._audit.write(json.dumps(plain(record)) + "\n")
        except OSError as error:
            self._audit = None
            self.log.write(Level.ERROR, "auditLost", why=str(error))


def _fields(value: object) -> dict[str, object]:
    shown = plain(value)
    assert isinstance(shown, dict)
    return {name: item for name, item in shown.items() if name not in ("type", "at")}
