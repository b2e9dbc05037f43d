"""How kopf watches: it never gives up, and it asks for nothing but our kinds."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import kopf
from typing_extensions import override

from botoperator.cluster.kinds import Scope

_MOST_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class EndlessBackoff:
    """Waits between the attempts of a request, for ever: an outage of the API server passes.

    A list of waits, which is kopf's own way, ends the process after less than a minute of errors.
    """

    most_seconds: float = _MOST_SECONDS

    def __iter__(self) -> Iterator[float]:
        """Seconds: doubling from one half, each with a jitter of half of it."""
        seconds = 0.5
        while True:
            yield seconds * (0.5 + random.random() / 2)
            seconds = min(self.most_seconds, seconds * 2)


class NoEssence(kopf.DiffBaseStorage):
    """Compares nothing: for its change detection kopf copies every object that it is told of."""

    @override
    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    @override
    def fetch(self, **_: Any) -> None: ...

    @override
    def store(self, **_: Any) -> None: ...


class NoProgress(kopf.ProgressStorage):
    """Keeps nothing: handlers of events have no progress."""

    @override
    def fetch(self, **_: Any) -> None: ...

    @override
    def store(self, **_: Any) -> None: ...

    @override
    def purge(self, **_: Any) -> None: ...

    @override
    def touch(self, **_: Any) -> None: ...

    @override
    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence


def watch_settings(scope: Scope) -> kopf.OperatorSettings:
    """Give the settings of one run; kopf writes into them, so each run has its own."""
    settings = kopf.OperatorSettings()
    settings.process.ultimate_exiting_timeout = None
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.posting.enabled = False
    # With a limit, workers that wait for others to be listed take all places (nolar/kopf#1243).
    settings.queueing.worker_limit = None
    settings.queueing.exit_timeout = 0.5
    settings.persistence.diffbase_storage = NoEssence()
    settings.persistence.progress_storage = NoProgress()
    # There is a task for each object that was heard of so lately: at the start, of all of them.
    settings.queueing.idle_timeout = 0.2
    settings.networking.connect_timeout = 10
    settings.networking.request_timeout = 30
    settings.networking.error_backoffs = EndlessBackoff()
    # Whole seconds, and not the same for all, so that watches do not all begin anew at once.
    server_seconds = random.randint(300, 600)
    settings.watching.server_timeout = server_seconds
    settings.watching.client_timeout = server_seconds + 60
    settings.watching.connect_timeout = 10
    settings.watching.reconnect_backoff = 1
    # Bookmarks come every minute: silence beyond that is a dead connection.
    settings.watching.inactivity_timeout = 70
    # All kinds are listed at once at the start: small pages keep the memory of that small.
    settings.watching.chunk_size = 100
    for kind in scope.kinds:
        if kind.selector:
            settings.watching.label_selectors[kind.group, kind.version, kind.plural] = kind.selector
    return settings
