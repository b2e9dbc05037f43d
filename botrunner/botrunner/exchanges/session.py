"""One stream connection's life, with no socket in it: what happened in, what to do out.

Rule 1: every change of the state is made here. A shell reports (``connect_started``, ``opened``,
``received``, ``closed``, ``ticked``) and carries the effects out in their order.
Rule 2: times are seconds of one monotonic clock; chance (``share``) comes from outside.
Rule 3: only pongs prove life. A private stream may be silent for hours.
Rule 4: a refused sign-in ends the session's own attempts: a person has to change the key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from botrunner.exchanges.dialect import (
    Data,
    Dialect,
    Frame,
    Pong,
    SignInAnswer,
    SubscribeAnswer,
)
from botrunner.exchanges.retry import backoff
from botrunner.exchanges.stream_effects import (
    AttemptFailed,
    Changed,
    Connect,
    Deliver,
    Disconnect,
    Effect,
    Send,
    SignInRefused,
    StreamState,
    TopicsRefused,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds of EX-8."""

    ping: float = 20.0
    dead: float = 30.0
    """Without a pong this long the peer counts as gone."""
    acknowledge: float = 10.0
    settled: float = 60.0
    """Connected this long, the next loss starts from the shortest delay again."""
    backoff_base: float = 1.0
    backoff_cap: float = 60.0


class StreamSession:
    """The state of one stream. ``groups`` are subscribed each by one request of its own.

    With ``essential`` a refused group ends the connection (a private stream without its topics is
    none); otherwise the group is reported and left out.
    """

    def __init__(
        self,
        dialect: Dialect,
        groups: Mapping[str, tuple[str, ...]],
        *,
        essential: bool,
        timing: Timing = Timing(),
    ) -> None:
        self._timing = timing
        self._dialect = dialect
        self._groups = dict(groups)
        self._essential = essential
        self._state = StreamState.DISCONNECTED
        self._attempt = 0
        self._open = False
        self._cut = ""
        """Why the connection is being cut; empty while it is not."""
        self._reconnect_at: float | None = None
        self._sign_in_due: float | None = None
        self._awaited: dict[str, tuple[str, float]] = {}
        """Request id to group and deadline."""
        self._requests = 0
        self._next_ping = 0.0
        self._last_pong = 0.0
        self._connected_at = 0.0

    @property
    def state(self) -> StreamState:
        """Where the stream stands."""
        return self._state

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """What is subscribed, or will be once connected."""
        return dict(self._groups)

    def wake_at(self) -> float | None:
        """The moment at which ``ticked`` has something to do; None: never by itself."""
        if not self._open:
            return self._reconnect_at
        if self._cut:
            return None
        deadlines = [self._next_ping, self._last_pong + self._timing.dead]
        deadlines += [deadline for _, deadline in self._awaited.values()]
        if self._sign_in_due is not None:
            deadlines.append(self._sign_in_due)
        return min(deadlines)

    def connect_started(self) -> list[Effect]:
        """Begin; once, at the start."""
        return [*self._to(StreamState.CONNECTING, "start"), Connect()]

    def opened(self, now: float, *, sign_in: str | None) -> list[Effect]:
        """The connection stands. ``sign_in`` is the text that signs in; None on public streams."""
        self._open, self._cut, self._reconnect_at = True, "", None
        self._awaited.clear()
        self._next_ping = now + self._timing.ping
        self._last_pong = now
        if sign_in is None:
            return self._subscribe_all(now)
        self._sign_in_due = now + self._timing.acknowledge
        return [Send(text=sign_in)]

    def received(self, now: float, frame: Frame) -> list[Effect]:
        """A frame came. Raises MessageError for one the dialect does not know."""
        meaning = self._dialect.meaning(frame)
        if not self._open or self._cut:
            return []
        match meaning:
            case Data():
                return [Deliver(frame=frame)]
            case Pong():
                self._last_pong = now
                return []
            case SignInAnswer():
                return self._signed_in(now, meaning)
            case SubscribeAnswer():
                return self._subscribed(now, meaning)

    def closed(self, now: float, *, reason: str, share: float) -> list[Effect]:
        """The connection ended or never came about; ``share`` in [0.5, 1] of the delay is taken."""
        reason = self._cut or reason
        was_connected = self._state is StreamState.CONNECTED
        if was_connected and now - self._connected_at >= self._timing.settled:
            self._attempt = 0
        self._open, self._cut, self._sign_in_due = False, "", None
        self._awaited.clear()
        if self._state is StreamState.FAILED:
            return []
        timing = self._timing
        delay = backoff(
            self._attempt, base=timing.backoff_base, cap=timing.backoff_cap, share=share
        )
        self._attempt += 1
        self._reconnect_at = now + delay
        failed: list[Effect] = []
        if not was_connected:
            failed = [AttemptFailed(attempt=self._attempt, reason=reason)]
        return [*failed, *self._to(StreamState.RECONNECTING, reason)]

    def ticked(self, now: float) -> list[Effect]:
        """Time passed."""
        if not self._open:
            return self._reconnect(now)
        if self._cut:
            return []
        if now >= self._last_pong + self._timing.dead:
            return self._disconnect(f"no pong for {self._timing.dead:g} s")
        if self._is_overdue(now):
            return self._disconnect(f"no acknowledgement within {self._timing.acknowledge:g} s")
        if now >= self._next_ping:
            self._next_ping = now + self._timing.ping
            return [Send(text=self._dialect.ping())]
        return []

    def cut(self, reason: str) -> list[Effect]:
        """Give the connection up for a reason that only the caller knows, silence of data, say."""
        return self._disconnect(reason) if self._open and not self._cut else []

    def subscribe(self, now: float, groups: Mapping[str, tuple[str, ...]]) -> list[Effect]:
        """Add groups; at once when signed in, else with the rest."""
        self._groups.update(groups)
        if not self._open or self._sign_in_due is not None or self._cut:
            return []
        return [self._ask(now, group) for group in groups]

    def unsubscribe(self, now: float, groups: Iterable[str]) -> list[Effect]:
        """Give groups up; unknown ones are none of its business."""
        effects: list[Effect] = []
        for group in groups:
            topics = self._groups.pop(group, None)
            if topics is not None and self._open and self._sign_in_due is None and not self._cut:
                effects.append(Send(text=self._dialect.unsubscribe(self._request_id(), topics)))
        return effects

    def resubscribe(self, now: float, group: str) -> list[Effect]:
        """Give one group up and ask for it anew, for a fresh snapshot."""
        topics = self._groups.get(group)
        if topics is None:
            return []
        return [*self.unsubscribe(now, [group]), *self.subscribe(now, {group: topics})]

    def _signed_in(self, now: float, answer: SignInAnswer) -> list[Effect]:
        self._sign_in_due = None
        if answer.accepted:
            return self._subscribe_all(now)
        if not answer.is_final:
            return self._disconnect(f"sign-in failed: {answer.message}")
        self._cut = f"sign-in refused: {answer.message}"
        return [
            SignInRefused(code=answer.code, message=answer.message),
            *self._to(StreamState.FAILED, self._cut),
            Disconnect(reason=self._cut),
        ]

    def _subscribe_all(self, now: float) -> list[Effect]:
        if not self._groups:
            return self._settle(now)
        return [self._ask(now, group) for group in self._groups]

    def _ask(self, now: float, group: str) -> Effect:
        request_id = self._request_id()
        self._awaited[request_id] = (group, now + self._timing.acknowledge)
        return Send(text=self._dialect.subscribe(request_id, self._groups[group]))

    def _subscribed(self, now: float, answer: SubscribeAnswer) -> list[Effect]:
        group = self._answered(answer)
        effects: list[Effect] = []
        if not answer.accepted and group:
            topics = self._groups.get(group, ())
            effects = [TopicsRefused(group=group, topics=topics, message=answer.message)]
            if self._essential:
                return [*effects, *self._disconnect(f"topics refused: {answer.message}")]
            self._groups.pop(group, None)
        if not self._awaited:
            effects += self._settle(now)
        return effects

    def _answered(self, answer: SubscribeAnswer) -> str:
        request_id = answer.request_id
        if not request_id and len(self._awaited) == 1:
            # A refusal may come without an id; with one question open it is that one's answer.
            request_id = next(iter(self._awaited))
        group, _ = self._awaited.pop(request_id, ("", 0.0))
        return group

    def _settle(self, now: float) -> list[Effect]:
        if self._state is StreamState.CONNECTED:
            return []
        self._connected_at = now
        return self._to(StreamState.CONNECTED, "")

    def _reconnect(self, now: float) -> list[Effect]:
        if self._reconnect_at is None or now < self._reconnect_at:
            return []
        self._reconnect_at = None
        return [Connect()]

    def _is_overdue(self, now: float) -> bool:
        if self._sign_in_due is not None and now >= self._sign_in_due:
            return True
        return any(now >= deadline for _, deadline in self._awaited.values())

    def _disconnect(self, reason: str) -> list[Effect]:
        self._cut = reason
        return [Disconnect(reason=reason)]

    def _to(self, state: StreamState, reason: str) -> list[Effect]:
        if state is self._state:
            return []
        self._state = state
        attempt = 0 if state is StreamState.CONNECTED else self._attempt
        return [Changed(state=state, reason=reason, attempt=attempt)]

    def _request_id(self) -> str:
        self._requests += 1
        return f"tf-{self._requests}"
