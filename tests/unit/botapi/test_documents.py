"""YAML is read as kubectl reads it."""

from decimal import Decimal

import pytest

from botrunner.account_resource.documents import DocumentError, read_documents


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-8", Decimal("1E-8")),
        ("0.10", Decimal("0.10")),
        ("0.1234567890123456789", Decimal("0.1234567890123456789")),
        (".5", Decimal("0.5")),
        ("3e1", Decimal(30)),
        ("-1.5", Decimal("-1.5")),
        ("75", 75),
        ("+5", 5),
        ("0x10", 16),
        ("010", 8),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("'75'", "75"),
        (".inf", float("inf")),
        ("y", True),
        ("N", False),
        ("yes", True),
        ("off", False),
        ("'y'", "y"),
        ("null", None),
    ],
)
def test_a_value_is_what_kubectl_makes_of_it(written: str, value: object) -> None:
    [document] = read_documents(f"value: {written}\n")

    read = document.content["value"]

    assert (read, type(read)) == (value, type(value)) or value == float("inf")


def test_digits_are_kept() -> None:
    [document] = read_documents("value: 0.10\n")

    assert str(document.content["value"]) == "0.10"


def test_documents_know_their_lines() -> None:
    first, second = read_documents("a:\n  - b: 1\n    c: 2\n---\n\n# x\nd: 3\n")

    assert (first.line, second.line) == (1, 7)
    assert first.line_of(("a", 0, "c")) == 3
    assert first.line_of(("a", 0, "missing", "deeper")) == 2
    assert first.line_of(("a", 7)) == 1
    assert first.line_of(()) == 1


def test_merged_fields_are_no_fields_given_twice() -> None:
    [document] = read_documents("base: &b {x: 1, y1: 2}\nmore: {<<: *b, x: 3}\n")

    assert document.content["more"] == {"x": 3, "y1": 2}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: {c: 1, c: 2}\n", 2, "c is given twice"),
        ("a: 1\nb: 'open\n", 3, "is not YAML"),
        ("a: *nobody\n", 1, "is not YAML: found undefined alias"),
        ("a: !!python/object:os.system x\n", 1, "is not YAML: could not determine a constructor"),
        ("a: 1\nb: \x07\n", 2, "is not text"),
        ("[" * 3000, 1, "is nested too deeply"),
        ("? {a: 1}\n: 2\n", 1, "is not YAML: found unhashable key"),
    ],
)
def test_what_cannot_be_read_is_named_by_line(text: str, line: int, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as refusal:
        list(read_documents(text))

    assert refusal.value.line == line
