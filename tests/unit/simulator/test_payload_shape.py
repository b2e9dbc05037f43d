"""The judge of payloads finds what it is for."""

from typing import Any

import pytest

from support.payload_shape import same_shape

RECORDED: Any = {"code": 0, "ok": True, "list": [{"price": "1.5", "name": "x", "avg": None}]}


def answered(**changes: Any) -> Any:
    row = {"price": "2", "name": "y", "avg": ""}
    return {"code": 1, "ok": False, "list": [row | changes]}


def test_other_values_are_the_same_shape() -> None:
    assert same_shape(RECORDED, answered()) == []


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"price": 2}, "$.list[].price: a number where a string was recorded"),
        ({"price": "two"}, "$.list[].price: 'two' where a number was recorded"),
        ({"extra": "1"}, "$.list[].extra: not in the recording"),
        ({"name": True}, "$.list[].name: a boolean where a string was recorded"),
    ],
)
def test_other_types_and_keys_are_found(changes: dict[str, Any], difference: str) -> None:
    assert same_shape(RECORDED, answered(**changes)) == [difference]


def test_a_missing_key_is_found() -> None:
    assert same_shape(RECORDED, {"code": 0, "ok": True}) == ["$.list: missing"]


def test_an_empty_string_may_stand_for_a_number() -> None:
    assert same_shape(RECORDED, answered(price="")) == []


def test_a_boolean_is_no_number() -> None:
    assert same_shape({"code": 0}, {"code": False}) == [
        "$.code: a boolean where a number was recorded"
    ]


def test_a_key_of_any_recorded_item_is_a_key_of_all() -> None:
    recorded = [{"a": "1"}, {"b": "1"}]

    assert same_shape(recorded, [{"a": "1"}]) == ["$[].b: missing"]
    assert same_shape(recorded, [{"a": "1"}], fewer={"b"}) == []


def test_keys_that_are_documented_may_be_more() -> None:
    assert same_shape(RECORDED, answered(extra="1"), more={"extra"}) == []
