"""A stop is read from anything that JSON can hold (RI-1)."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from botapi.labels import EMERGENCY_STOP_ANNOTATION
from botapi.stop import read_stop

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.dictionaries(
    st.sampled_from(["emergency", "acknowledgedEmergency", "strategies", "exchange", "risk"]), _JSON
)


@given(st.fixed_dictionaries({}, optional={"spec": _JSON, "metadata": _JSON, "status": _JSON}))
def test_no_object_makes_reading_the_stop_fail(raw: dict[str, Any]) -> None:
    stop = read_stop(raw)

    assert stop.engaged == bool(stop.engaged_by)


@given(_FIELDS)
def test_the_rest_of_the_spec_hides_no_stop(fields: dict[str, Any]) -> None:
    assert read_stop({"spec": {**fields, "emergencyStop": True}}).engaged


@given(_FIELDS, st.text().filter(lambda text: text != "false"))
def test_the_rest_of_the_object_hides_no_annotation(fields: dict[str, Any], value: str) -> None:
    annotations = {EMERGENCY_STOP_ANNOTATION: value}

    assert read_stop({"spec": fields, "metadata": {"annotations": annotations}}).engaged
