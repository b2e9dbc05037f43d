"""The latched stop of an account in a cluster: the resource keeps it, the pod helps (RI-2, RI-8).

``status.emergency`` is the latch. The stop file in the pod's folder counts too while the status
does not have its stop yet. What the runner writes into the status never loses a latched stop that
nobody has ended.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botapi.model import Json, mapping
from botapi.stop import read_standing_stop
from botapi.v1alpha1.emergency import EmergencyCause, EmergencyPolicy
from botapi.v1alpha1.status import EmergencyReport
from botrunner.account_resource import stop_file
from botrunner.domain.emergency import EmergencyStop, StopPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Latched:
    """A latched stop, and how the status says it."""

    stop: EmergencyStop
    report: Json


class Latch:
    """One account's. ``path`` is where its stop file is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._recorded: Latched | None = None
        self._in_status: Latched | None = None
        self._known: set[str] = set()
        """Ids that the lives of this process began with, engaged or ended."""
        self._over: set[str] = set()
        self._has_life = False

    def see(self, raw: Json) -> None:
        """Take the stop that an object's status holds."""
        standing = read_standing_stop(raw)
        is_latched = standing is not None and standing.latched
        self._in_status = _from_status(mapping(raw.get("status"))) if is_latched else None

    def standing(self) -> Latched | None:
        """The latched stop that nobody has ended yet; the newest where there are several."""
        candidates = (self._recorded, self._in_file(), self._in_status)
        found = (each for each in candidates if each is not None)
        return next((each for each in found if each.stop.emergency_id not in self._over), None)

    def adopt(self) -> EmergencyStop | None:
        """What a life begins with; others that turn up later are news to it."""
        self._has_life = True
        for each in (self._in_file(), self._in_status):
            if each is not None:
                self._known.add(each.stop.emergency_id)
        if (found := self.standing()) is None:
            return None
        if self._in_file() is None:  # For a container that starts while the API server is away.
            with suppress(OSError):
                stop_file.write_stop(
                    self.path, found.stop, stop_file.policy_of(found.report.get("policy"))
                )
        return found.stop

    def stranger(self) -> str:
        """Id of a latched stop in the status that the running life knows nothing of, or nothing.

        A life that began while the API server was away could not read it.
        """
        if self._in_status is None or not self._has_life:
            return ""
        emergency_id = self._in_status.stop.emergency_id
        return "" if emergency_id in self._known else emergency_id

    def record(self, stop: EmergencyStop, policy: StopPolicy) -> None:
        """Write a stop down; it holds in memory even where the disk refuses. Raises OSError."""
        self._known.add(stop.emergency_id)
        if stop.latched:
            self._recorded = Latched(stop=stop, report=_report(stop, policy))
        stop_file.write_stop(self.path, stop, policy)

    def clear(self, emergency_id: str) -> None:
        """The stop of this id is over. Raises OSError."""
        self._known.add(emergency_id)
        self._over.add(emergency_id)
        if self._recorded is not None and self._recorded.stop.emergency_id == emergency_id:
            self._recorded = None
        stop_file.remove_stop(self.path, emergency_id)

    def kept_in(self, emergency: Any) -> Any:
        """What the status has to say where the runner would say ``emergency``."""
        found, said = self.standing(), mapping(emergency)
        if found is None or said.get("latched") is True:
            return emergency
        return emergency if said.get("id") == found.stop.emergency_id else found.report

    def left_by_person(self) -> bool:
        """Whether a life has written down a person's stop that was not taken back since."""
        stop = stop_file.read_stop_file(self.path)
        return stop is not None and not stop.latched

    def forget_person(self) -> None:
        """The specification says by itself whether an earlier life's person wants the stop yet."""
        if self._has_life:
            return  # What stands there is this life's own.
        stop = stop_file.read_stop_file(self.path)
        if stop is not None and not stop.latched:
            with suppress(OSError):
                stop_file.remove_stop(self.path, stop.emergency_id)

    def _in_file(self) -> Latched | None:
        for path in (stop_file.beside(self.path), self.path):
            stop = stop_file.read_stop_file(path)
            if stop is not None and stop.latched:
                return Latched(stop=stop, report=_report(stop, stop_file.read_policy(path)))
        return None


def _report(stop: EmergencyStop, policy: StopPolicy) -> Json:
    return EmergencyReport(
        id=stop.emergency_id,
        cause=EmergencyCause(stop.cause.value),
        reason=stop.reason,
        policy=EmergencyPolicy(policy.value),
        since=stop.at,
        latched=stop.latched,
    ).to_json()


def _from_status(status: Json) -> Latched:
    """What cannot be read never loosens the stop: an unknown cause counts as ``errors``."""
    report = mapping(status.get("emergency"))
    emergency_id, reason = report.get("id"), report.get("reason")
    stop = EmergencyStop(
        emergency_id=emergency_id if isinstance(emergency_id, str) else "",
        cause=stop_file.cause_of(report.get("cause")),
        reason=reason if isinstance(reason, str) else "",
        symbol="",
        rate="",
        at=stop_file.time_of(report.get("since")),
        latched=True,
    )
    return Latched(stop=stop, report=dict(report))
