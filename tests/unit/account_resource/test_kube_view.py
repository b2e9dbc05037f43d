"""What is known of an account while the API server says something, nothing, or nothing yet."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from botrunner.account_resource import stop_file
from botrunner.account_resource.copies import Copies
from botrunner.account_resource.kube_follow import Address
from botrunner.account_resource.kube_latch import Latch
from botrunner.account_resource.kube_reading import read_object
from botrunner.account_resource.kube_view import Folders, View
from botrunner.account_resource.reading import NOTHING
from botrunner.domain.emergency import EmergencyStop, StopCause, StopPolicy
from botrunner.service.clock import ManualClock
from support.accounts import account
from support.pod_identity import mount_keys
from support.runner_reports import emergency, latched, report

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEYS = {"apiKey": "the-key", "apiSecret": "the-secret"}


@dataclass
class Pod:
    """A pod's folders, and the view of its next container."""

    folder: Path
    told: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Mount the keys."""
        mount_keys(self.folder / "keys", KEYS)
        self.start()

    def start(self) -> View:
        """A new container in the same pod."""
        self.latch = Latch(self.folder / stop_file.NAME)
        folders = Folders(keys=self.folder / "keys", state=self.folder)
        address = Address(namespace="clients", name="case")
        clock = ManualClock(NOON)
        self.view = View(
            address, folders, self.latch, clock, lambda is_back, why: self.told.append(is_back)
        )
        return self.view

    def leave_copy(self, **changes: Any) -> None:
        """What a life leaves behind."""
        followed = read_object(seen(), None, NOTHING).account
        assert followed is not None
        copies = Copies(self.folder, "case")
        copies.save(followed, ())
        copies.write_status(report(epoch=9, **changes))


def seen(**spec: Any) -> dict[str, Any]:
    """The object of the API server."""
    raw = account(**spec)
    raw["metadata"] |= {"namespace": "clients", "uid": "u1", "generation": 1}
    return raw


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    """A fresh pod."""
    return Pod(tmp_path)


def test_before_the_first_answer_there_is_no_account_and_a_reason(pod: Pod) -> None:
    pod.view.lost("refused", NOON)

    assert pod.view.reading.account is None
    assert pod.view.reading.faults == ("refused",)


def test_a_loss_takes_nothing_back_and_says_since_when(pod: Pod) -> None:
    """RI-14."""
    pod.view.seen(seen(emergencyStop=True))
    before = pod.view.reading
    pod.view.lost("refused", NOON)
    lost = pod.view.reading
    pod.view.seen(seen(emergencyStop=True))

    assert (lost.is_reachable, lost.unreachable_since, lost.faults) == (False, NOON, ())
    assert (lost.account, lost.stops, lost.keys) == (before.account, before.stops, before.keys)
    assert pod.view.reading == before
    assert pod.told == [False, True]


def test_a_person_s_stop_of_the_life_before_holds_until_the_api_server_answers(pod: Pod) -> None:
    """RI-6: an annotation is not in the copy, and nobody knows whether it was taken back."""
    pod.leave_copy()
    pod.latch.record(_by_person(), StopPolicy.CANCEL_ENTRIES)
    view = pod.start()
    view.lost("refused", NOON)
    blind = view.reading.stops
    view.seen(seen())

    assert blind == ("a person's stop of the life before",)
    assert view.reading.stops == ()


def test_without_a_stop_the_copy_is_followed_without_one(pod: Pod) -> None:
    pod.leave_copy()
    view = pod.start()
    view.lost("refused", NOON)

    assert view.reading.account is not None
    assert (view.reading.stops, view.reading.is_reachable) == ((), False)
    assert view.reading.highest_epoch == 9


def test_a_latch_that_a_life_begun_blindly_did_not_know_stops_it_until_acknowledged(
    pod: Pod,
) -> None:
    """RI-2: the status had it all the time."""
    pod.leave_copy()
    view = pod.start()
    view.lost("refused", NOON)
    begun_with = pod.latch.adopt()
    status = {"emergency": emergency("abc123").to_json()}
    view.seen({**seen(), "status": status})
    stopped = view.reading.stops
    view.seen({**seen(acknowledgedEmergency="abc123"), "status": status})

    assert begun_with is None
    assert stopped == ("status.emergency abc123",)
    assert view.reading.stops == ()


def test_a_latch_of_the_copy_is_what_a_blind_life_begins_with(pod: Pod) -> None:
    pod.leave_copy(emergency=emergency("abc123"))
    view = pod.start()
    view.lost("refused", NOON)
    found = pod.latch.adopt()

    assert found is not None
    assert (found.emergency_id, found.latched) == ("abc123", True)


def test_a_file_that_a_person_made_in_the_pod_stops_too(pod: Pod) -> None:
    pod.view.seen(seen())
    pod.latch.path.write_text("please stop\n")
    pod.view.look()
    stopped = pod.view.reading.stops
    pod.latch.path.unlink()
    pod.view.look()

    assert stopped == ("file .emergency_stop",)
    assert pod.view.reading.stops == ()


def test_an_object_that_is_deleted_and_made_anew_is_not_this_pod_s(pod: Pod) -> None:
    pod.view.seen(seen())
    pod.view.gone()
    other = seen(emergencyStop=True)
    other["metadata"]["uid"] = "u2"
    pod.view.seen(other)

    assert pod.view.is_missed
    assert (pod.view.reading.is_reachable, pod.view.reading.stops) == (False, ())
    assert "made anew" in pod.view.reading.faults[0]


def test_the_keys_are_those_of_the_secret_that_the_pod_began_with(pod: Pod) -> None:
    """KU-13: another Secret is for the next pod."""
    pod.view.seen(seen())
    pod.view.seen(seen(credentials={"secretName": "other-keys"}))
    mount_keys(pod.folder / "keys", {})
    pod.view.look()

    assert pod.view.reading.pending_restart == ("spec.credentials.secretName",)
    assert "Secret case-keys is missing" in pod.view.reading.keys_problem
    assert pod.view.keys is not None  # For the redaction of what is still said.


def test_a_dry_run_has_keys_of_its_own(pod: Pod) -> None:
    mount_keys(pod.folder / "keys", {})
    pod.view.seen(seen(mode="dryRun"))

    assert pod.view.reading.keys is not None
    assert pod.view.reading.keys.api_key == "sim-case"


def _by_person() -> EmergencyStop:
    stop = latched("e0e0e0")
    return EmergencyStop(
        emergency_id=stop.emergency_id,
        cause=StopCause.PERSON,
        reason="annotation",
        symbol="",
        rate="",
        at=stop.at,
        latched=False,
    )
