"""Lines go out without holding up who writes them."""

import os
from collections.abc import Iterator
from typing import TextIO

import pytest

from botrunner.cli.line_printer import LinePrinter


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, TextIO]]:
    """Both ends of a pipe: what reads, what writes."""
    out, into = os.pipe()
    with os.fdopen(out, encoding="utf-8") as reader:
        writer = os.fdopen(into, "w", encoding="utf-8")
        yield reader, writer
        reader.close()
        try:
            writer.close()
        except BrokenPipeError:
            return


def test_lines_come_in_order(pipe: tuple[TextIO, TextIO]) -> None:
    reader, writer = pipe
    printer = LinePrinter(writer)
    printer.print("one")
    printer.print("two")
    printer.close(20)

    assert [reader.readline(), reader.readline()] == ["one\n", "two\n"]
    assert printer.lost == 0


def test_a_reader_that_is_gone_raises_nothing(pipe: tuple[TextIO, TextIO]) -> None:
    """The log ends; the trading, and the record of a stop, do not."""
    reader, writer = pipe
    reader.close()
    printer = LinePrinter(writer)
    printer.print("one")
    printer.close(20)

    assert printer.lost == 1


def test_a_reader_that_stands_still_holds_nobody_up(pipe: tuple[TextIO, TextIO]) -> None:
    """A full pipe would block the loop, and with it every stop."""
    _, writer = pipe
    printer = LinePrinter(writer, most=1)
    for _ in range(4):
        printer.print("x" * 100_000)
    printer.close(0)

    assert printer.lost > 0
