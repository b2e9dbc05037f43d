"""A latched stop is never lost between status, stop file and memory (RI-2, RI-4, RI-8)."""

from pathlib import Path
from typing import Any

import pytest

from botrunner.account_resource import stop_file
from botrunner.account_resource.kube_latch import Latch
from botrunner.domain.emergency import StopCause, StopPolicy
from support.runner_reports import emergency, latched


def in_status(emergency_id: str = "abc123", **changes: Any) -> dict[str, Any]:
    """An object whose status holds a stop."""
    return {"status": {"emergency": emergency(emergency_id).to_json() | changes}}


@pytest.fixture
def latch(tmp_path: Path) -> Latch:
    """In an empty folder."""
    return Latch(tmp_path / stop_file.NAME)


def test_a_latch_of_the_status_is_what_a_life_begins_with(latch: Latch) -> None:
    latch.see(in_status())
    found = latch.adopt()

    assert found is not None
    assert (found.emergency_id, found.cause, found.latched) == ("abc123", StopCause.MARGIN, True)
    assert found.at == latched().at


def test_a_person_s_stop_of_the_status_is_none(latch: Latch) -> None:
    """The specification says whether it still holds."""
    latch.see(in_status(latched=False))

    assert latch.adopt() is None
    assert latch.kept_in(None) is None


@pytest.mark.parametrize("odd", [{"cause": "of tomorrow"}, {"since": "noon"}, {"latched": "maybe"}])
def test_what_cannot_be_read_of_a_latch_never_loosens_it(latch: Latch, odd: dict[str, Any]) -> None:
    latch.see(in_status(**odd))
    found = latch.adopt()

    assert found is not None and found.latched
    assert found.emergency_id == "abc123"


def test_a_report_without_the_latch_gets_it(latch: Latch) -> None:
    latch.see(in_status())

    assert latch.kept_in(None) == emergency().to_json()


def test_a_report_of_a_person_s_stop_does_not_take_the_latch_s_place(latch: Latch) -> None:
    latch.see(in_status())
    said = emergency("fff000", is_latched=False).to_json()

    assert latch.kept_in(said)["id"] == "abc123"


def test_a_report_of_a_newer_latch_takes_its_place(latch: Latch) -> None:
    latch.see(in_status())
    said = emergency("fff000").to_json()

    assert latch.kept_in(said) == said


def test_the_stop_file_comes_before_the_status(latch: Latch) -> None:
    """RI-8: its id is newer than what the status has."""
    stop_file.write_stop(latch.path, latched("f11e01"), StopPolicy.FLATTEN)
    latch.see(in_status())
    found = latch.adopt()

    assert found is not None and found.emergency_id == "f11e01"
    assert latch.kept_in(None)["policy"] == "Flatten"


def test_an_ended_stop_is_gone_though_the_status_still_says_it(latch: Latch) -> None:
    latch.see(in_status())
    latch.adopt()
    latch.clear("abc123")

    assert latch.kept_in(None) is None
    assert not latch.path.exists()
    assert latch.stranger() == ""


def test_clearing_one_stop_leaves_another(latch: Latch) -> None:
    latch.see(in_status())
    latch.clear("another")

    assert latch.kept_in(None)["id"] == "abc123"


def test_a_recorded_stop_holds_though_the_disk_refuses_it(latch: Latch) -> None:
    """RI-4."""
    broken = Latch(latch.path / "no-folder" / stop_file.NAME)
    with pytest.raises(OSError):
        broken.record(latched(), StopPolicy.CANCEL_ENTRIES)

    assert broken.kept_in(None)["id"] == "abc123"


def test_a_latch_of_the_status_is_left_for_a_start_without_the_api_server(latch: Latch) -> None:
    latch.see(in_status(policy="Freeze"))
    latch.adopt()
    again = Latch(latch.path)
    found = again.adopt()

    assert found is not None and found.emergency_id == "abc123"
    assert again.kept_in(None)["policy"] == "Freeze"


def test_a_latch_that_turns_up_during_a_life_is_a_stranger_to_it(latch: Latch) -> None:
    """The life began while the API server was away and could not know."""
    latch.adopt()
    latch.see(in_status())

    assert latch.stranger() == "abc123"


def test_a_latch_that_the_life_engaged_is_none(latch: Latch) -> None:
    latch.adopt()
    latch.record(latched(), StopPolicy.CANCEL_ENTRIES)
    latch.see(in_status())

    assert latch.stranger() == ""


def test_a_person_s_stop_of_an_earlier_life_is_forgotten_before_a_life_only(latch: Latch) -> None:
    own = latched("e0e0e0")
    persons = type(own)(**{name: getattr(own, name) for name in own.__slots__} | {"latched": False})
    stop_file.write_stop(latch.path, persons, StopPolicy.CANCEL_ENTRIES)

    assert latch.left_by_person()

    latch.forget_person()

    assert not latch.left_by_person()

    latch.adopt()
    latch.record(persons, StopPolicy.CANCEL_ENTRIES)
    latch.forget_person()

    assert latch.left_by_person()
