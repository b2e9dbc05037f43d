"""A stop is read from anything that JSON can hold (RI-1)."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from botapi.labels import EMERGENCY_STOP_ANNOTATION
from botapi.stop import read_standing_stop, read_stop

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_STATUSES = _JSON | st.dictionaries(st.sampled_from(["emergency", "phase"]), _JSON)
_FIELDS = st.dictionaries(
    st.sampled_from(["emergency", "acknowledgedEmergency", "strategies", "exchange", "risk"]), _JSON
)


@given(st.fixed_dictionaries({}, optional={"spec": _JSON, "metadata": _JSON, "status": _STATUSES}))
def test_no_object_makes_reading_the_stop_fail(raw: dict[str, Any]) -> None:
    stop, standing = read_stop(raw), read_standing_stop(raw)

    assert stop.engaged == bool(stop.engaged_by)
    assert (standing is not None) == _holds_an_emergency(raw.get("status"))


def _holds_an_emergency(status: Any) -> bool:
    return isinstance(status, dict) and status.get("emergency") is not None


@given(_FIELDS)
def test_the_rest_of_the_spec_hides_no_stop(fields: dict[str, Any]) -> None:
    assert read_stop({"spec": {**fields, "emergencyStop": True}}).engaged


@given(_FIELDS, st.text().filter(lambda text: text != "false"))
def test_the_rest_of_the_object_hides_no_annotation(fields: dict[str, Any], value: str) -> None:
    annotations = {EMERGENCY_STOP_ANNOTATION: value}

    assert read_stop({"spec": fields, "metadata": {"annotations": annotations}}).engaged
