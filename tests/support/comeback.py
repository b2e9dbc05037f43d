"""An account whose runner reaches the API server again, and how soon a stop acts then (RI-14).

Counted from the API server's answer to the venue's receipt, by the logs of the two.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from botapi.labels import ACCOUNT_PLURAL
from botapi.naming import runner_name
from support.audit import Audit
from support.fleet_desk import FleetDesk, received_at
from support.local_cluster import pid_of
from support.processor import Withheld

_ACTS_WITHIN = timedelta(seconds=1)
_TRIED_EVERY = timedelta(seconds=1)
_ANSWERED_WITHIN = timedelta(seconds=0.5)
"""TCP, TLS and the read itself, on a machine that does other things too."""


@dataclass(slots=True, kw_only=True)
class Comeback:
    """Made before the stop can act, while the API server runs; ``lost_at``: the runner lost it."""

    desk: FleetDesk
    audit: Audit
    lost_at: datetime
    _last: int = field(init=False)
    _withheld: Withheld = field(init=False)

    def __post_init__(self) -> None:
        """From now on what the venue receives is looked at."""
        self._last = self.desk.until(self.desk.count, "the venue is there")
        # What the API server has to do before it tells of anything is not the runner's.
        self._withheld = self.desk.withheld(pid_of("kube-apiserver"))

    def acts_in_time(self) -> None:
        """Wait for the stop; the first cancel came within a second, and no entry after that."""
        stop = self.desk.until_stopped()
        self.desk.settles({"long": [], "short": []})
        latest = max(self.back_at, self._patched_at) + _ACTS_WITHIN + self._withheld.so_far()
        acted_at = min(received_at(row) for row in self.desk.cancels(self._last))
        late = [row for row in self.desk.adding(self._last) if received_at(row) > latest]

        assert acted_at < latest
        assert datetime.fromisoformat(stop["since"]) < latest
        assert late == []

    def was_tried_for(self, opened_at: datetime) -> None:
        """An attempt began within a second of the moment from which one could succeed."""
        promised = _TRIED_EVERY + _ANSWERED_WITHIN + self._withheld.so_far()
        assert self.back_at < opened_at + promised

    @property
    def back_at(self) -> datetime:
        """When the API server had answered the runner's first read."""
        runner = f":{runner_name(self.desk.name)}"
        return min(at for user, at in self._answered("get") if user.endswith(runner))

    @property
    def _patched_at(self) -> datetime:
        return max(at for _, at in self._answered("patch"))

    def _answered(self, verb: str) -> list[tuple[str, datetime]]:
        entries = self.audit.answered(
            verb=verb,
            resource=ACCOUNT_PLURAL,
            namespace=str(self.desk.kubectl.namespace),
            name=self.desk.name,
        )
        return [(e.user, e.answered_at) for e in entries if e.answered_at > self.lost_at]
