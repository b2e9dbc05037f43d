"""Kubernetes Events about the account: few, soon, and never in anybody's way.

Each says one thing once: a repetition within ten minutes is left out, and what comes faster than
the budget waits. https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from botapi.labels import ACCOUNT_KIND, API_VERSION, RUNNER_MANAGER
from botapi.model import Json
from botrunner.account_resource.kube_api import ApiError, ApiRefusedError
from botrunner.account_resource.port import Notice
from botrunner.service.clock import Clock

AT_ONCE = 10
"""So many may follow each other without a pause."""
REFILL_SECONDS = 6.0
"""One more is allowed after so long."""
REPEAT_AFTER = timedelta(minutes=10)
_MOST_WAITING = 32
_RETRY_SECONDS = 2.0
_LONGEST_MESSAGE = 1024
_LONGEST_NAME = 200


class Board(Protocol):
    """Where Events are posted."""

    async def post(self, path: str, body: Json) -> Json:
        """Create an object. Raises ApiError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom Events are about, and who tells."""

    namespace: str
    name: str
    pod: str


class EventPost:
    """Posts the Events of one account. ``uid`` says which object of that name is meant."""

    def __init__(self, api: Board, subject: Subject, clock: Clock, uid: Callable[[], str]) -> None:
        self._api, self._subject, self._clock, self._uid = api, subject, clock, uid
        self._waiting: deque[tuple[Notice, datetime]] = deque(maxlen=_MOST_WAITING)
        self._said: dict[tuple[str, str], datetime] = {}
        self._something = asyncio.Event()
        self._allowed, self._refilled = float(AT_ONCE), clock.monotonic()

    def announce(self, notice: Notice) -> None:
        """Have an Event posted; the oldest gives way where too many wait."""
        now, key = self._clock.now(), (notice.reason, notice.message)
        self._said = {k: at for k, at in self._said.items() if now < at + REPEAT_AFTER}
        if key in self._said:
            return
        self._said[key] = now
        self._waiting.append((notice, now))
        self._something.set()

    async def run(self) -> None:
        """Post until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                await self._take_leave()
                await self._post(*self._waiting[0])

    async def _take_leave(self) -> None:
        while True:
            now = self._clock.monotonic()
            gained = (now - self._refilled) / REFILL_SECONDS
            self._allowed, self._refilled = min(float(AT_ONCE), self._allowed + gained), now
            if self._allowed >= 1:
                return
            await self._clock.sleep((1 - self._allowed) * REFILL_SECONDS)

    async def _post(self, notice: Notice, at: datetime) -> None:
        path = f"/api/v1/namespaces/{self._subject.namespace}/events"
        try:
            await self._api.post(path, event_body(self._subject, self._uid(), notice, at))
        except ApiRefusedError:
            pass  # It would be refused again; the log and the status say the same.
        except ApiError:
            await self._clock.sleep(_RETRY_SECONDS)
            return
        self._allowed -= 1
        if self._waiting and self._waiting[0] == (notice, at):
            self._waiting.popleft()


def event_body(subject: Subject, uid: str, notice: Notice, at: datetime) -> dict[str, Any]:
    """A core v1 Event, as kubectl describe shows it."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # Names are unique by their time in microseconds, as client-go's recorder makes them.
    number = f"{round(at.timestamp() * 1e6):x}"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{subject.name[:_LONGEST_NAME].rstrip('.-')}.{number}",
            "namespace": subject.namespace,
        },
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": ACCOUNT_KIND,
            "namespace": subject.namespace,
            "name": subject.name,
            **({"uid": uid} if uid else {}),
        },
        "reason": notice.reason,
        "message": notice.message[:_LONGEST_MESSAGE],
        "type": "Warning" if notice.is_warning else "Normal",
        "source": {"component": RUNNER_MANAGER},
        "reportingComponent": RUNNER_MANAGER,
        "reportingInstance": subject.pod,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
