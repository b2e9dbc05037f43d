"""What `tradefleet resume` writes into one account, and what it says is left."""

from botapi.v1alpha1.emergency import EmergencyCause
from botrunner.fleet.decide import decide_release, decide_resume, is_ended, still_holds
from support.paper_cluster import emergency, stored

ANNOTATION = "tradefleet.dev/emergency-stop"
ALL_OF_IT = stored(
    spec={"emergencyStop": True},
    annotations={ANNOTATION: "please", "other": "stays"},
    status={"emergency": emergency()},
)


def test_field_annotation_and_acknowledgement_go_in_one_write() -> None:
    """OB-8, RI-2."""
    decision = decide_resume(ALL_OF_IT, None)

    assert decision.patch == {
        "metadata": {"annotations": {ANNOTATION: None}},
        "spec": {"emergencyStop": None, "acknowledgedEmergency": "8c2f6d"},
    }
    assert len(decision.says) == 3


def test_with_a_cause_only_that_cause_is_acknowledged() -> None:
    """RI-15."""
    stream = stored(spec={"emergencyStop": True}, status={"emergency": emergency(cause="stream")})

    assert decide_resume(ALL_OF_IT, EmergencyCause.STREAM).patch is None
    assert decide_resume(stream, EmergencyCause.STREAM).patch == {
        "spec": {"acknowledgedEmergency": "8c2f6d"}
    }


def test_with_the_cause_person_only_the_switches_are_taken_back() -> None:
    assert decide_resume(ALL_OF_IT, EmergencyCause.PERSON).patch == {
        "metadata": {"annotations": {ANNOTATION: None}},
        "spec": {"emergencyStop": None},
    }


def test_nothing_is_written_where_no_stop_holds() -> None:
    quiet = stored(spec={"emergencyStop": False}, annotations={ANNOTATION: "false"})

    assert decide_resume(quiet, None).patch is None
    assert decide_resume(quiet, None).says == ("no stop holds",)


def test_a_stop_of_a_person_needs_no_acknowledgement() -> None:
    raw = stored(
        spec={"emergencyStop": True},
        status={"emergency": emergency(cause="person", latched=False)},
    )

    assert decide_resume(raw, None).patch == {"spec": {"emergencyStop": None}}


def test_a_latched_stop_without_a_readable_id_is_refused_in_words() -> None:
    raw = stored(status={"emergency": {"latched": True, "cause": "margin"}})
    decision = decide_resume(raw, None)

    assert (decision.patch, decision.is_refused) == (None, True)
    assert "status.emergency.id" in decision.says[0]


def test_what_still_holds_is_said() -> None:
    """OB-8."""
    acknowledged = stored(
        spec={"emergencyStop": True, "acknowledgedEmergency": "8c2f6d"},
        status={"emergency": emergency()},
    )

    assert still_holds(stored()) == ()
    assert still_holds(acknowledged) == ("spec.emergencyStop is set",)
    assert still_holds(ALL_OF_IT)[-1] == "the latched stop 8c2f6d (margin) is not acknowledged"


def test_a_resume_is_over_when_the_stop_is_gone_or_another_one_stands() -> None:
    same = stored(status={"emergency": emergency()})
    other = stored(status={"emergency": emergency(id="next")})
    quiet = stored(status={"runner": {"observedGeneration": 2}})

    assert not is_ended(same, generation=2, before="8c2f6d")
    assert is_ended(other, generation=2, before="8c2f6d")
    assert is_ended(quiet, generation=2, before="")
    assert not is_ended(quiet, generation=3, before="")


def test_a_hold_of_a_strategy_is_acknowledged_in_its_place() -> None:
    """GR-35: the list is not replaced, and not touched when it has changed."""
    raw = stored(
        spec={"strategies": [{"name": "doge"}, {"name": "xrp"}]},
        status={"strategies": [{"name": "xrp", "hold": {"id": "h1"}}, {"name": "doge"}]},
    )

    assert decide_release(raw, "xrp").patch == (
        {"op": "test", "path": "/spec/strategies/1/name", "value": "xrp"},
        {"op": "add", "path": "/spec/strategies/1/acknowledgedHold", "value": "h1"},
    )
    assert decide_release(raw, "doge").patch is None
    assert decide_release(raw, "ada").is_refused
