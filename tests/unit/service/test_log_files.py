"""OB-5, OB-11: log files are written on a thread; a slow or full disk never holds the loop up."""

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from botrunner.service.clock import ManualClock
from botrunner.service.line_writer import LineWriter
from botrunner.service.logs import DailyFile, Level, Log, LogFiles

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = "2026-01-01"


class Heard:
    """A log with everything the process says."""

    def __init__(self, folder: Path, writer: LineWriter | None = None) -> None:
        self.records: list[Mapping[str, object]] = []
        self.files = LogFiles.below(folder, writer)
        self.log = Log("alice", self.files, ManualClock(NOON), self._line, lambda text: text)

    def _line(self, record: Mapping[str, object], text: str) -> None:
        self.records.append(record)

    def events(self) -> list[object]:
        return [record["event"] for record in self.records]


@pytest.fixture
def stuck() -> Iterator[tuple[LineWriter, threading.Event]]:
    """A writer whose disk answers only once the event is set; room for three lines."""
    writer, disk, begun = LineWriter(3), threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        disk.wait(60)

    writer.put(wait, _nothing)
    assert begun.wait(60)
    yield writer, disk
    disk.set()
    writer.close(60)


def _nothing() -> None:
    """Nothing to make last."""


def events_in(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in path.read_text().splitlines()]


def test_lines_come_in_order_and_none_is_missing_after_the_end(tmp_path: Path) -> None:
    """OB-11: nothing is lost at the end."""
    heard = Heard(tmp_path)
    names = [f"event{number}" for number in range(3_000)]
    for name in names:
        heard.log.write(Level.INFO, name)
    heard.log.close()

    assert events_in(tmp_path / f"bot_{DAY}.log") == names
    assert heard.files.lost == 0


def test_each_file_gets_what_belongs_into_it(tmp_path: Path) -> None:
    """OB-11."""
    heard = Heard(tmp_path)
    heard.log.write(Level.INFO, "started")
    heard.log.write(Level.ERROR, "refused")
    heard.log.trade(quantity="75")
    heard.log.positions(held=[])
    heard.log.close()
    written = {
        path.name.removesuffix(f"_{DAY}.log"): events_in(path) for path in tmp_path.iterdir()
    }

    assert written == {
        "bot": ["started", "refused", "fill"],
        "errors": ["refused"],
        "trades": ["fill"],
        "positions": ["positions"],
    }


def test_a_day_ends_its_file(tmp_path: Path) -> None:
    """OB-11: the day is UTC's."""
    file = DailyFile(tmp_path, "bot")
    file.write("2026-01-01", "one")
    file.write("2026-01-02", "two")
    file.close()

    assert (tmp_path / "bot_2026-01-01.log").read_text() == "one\n"
    assert (tmp_path / "bot_2026-01-02.log").read_text() == "two\n"


def test_a_stuck_disk_holds_nobody_up_and_what_has_no_room_is_counted(
    tmp_path: Path, stuck: tuple[LineWriter, threading.Event]
) -> None:
    """Rule 2: it loses lines, never the trading."""
    writer, disk = stuck
    heard = Heard(tmp_path, writer)
    for number in range(5):
        heard.log.write(Level.INFO, f"event{number}")

    assert heard.files.lost == 2
    assert heard.events() == [
        *(f"event{number}" for number in range(4)),
        "logFilesNotWritten",
        "event4",
    ]

    disk.set()
    heard.log.close()
    writer.close(60)

    assert events_in(tmp_path / f"bot_{DAY}.log") == ["event0", "event1", "event2"]


def test_a_full_disk_is_told_once_and_so_is_its_end(tmp_path: Path) -> None:
    """A full disk is a condition: told where there is another way, with what was lost."""
    path = tmp_path / f"bot_{DAY}.log"
    path.symlink_to("/dev/full")
    heard = Heard(tmp_path)
    heard.log.write(Level.INFO, "lost")
    heard.log.close()
    heard.log.write(Level.INFO, "lostToo")
    heard.log.close()

    (told,) = [r for r in heard.records if r["event"] == "logFilesNotWritten"]
    assert told["why"] == "No space left on device"
    assert heard.files.lost == 2

    path.unlink()
    for name in ("kept", "keptToo"):
        heard.log.write(Level.INFO, name)
        heard.log.close()

    assert events_in(path) == ["kept", "keptToo"]
    assert heard.events().count("logFilesWritten") == 1
    assert heard.files.trouble == ""


def test_a_folder_that_cannot_be_made_is_the_same(tmp_path: Path) -> None:
    """Rule 2."""
    (tmp_path / "file").write_text("")
    heard = Heard(tmp_path / "file" / "below")
    heard.log.write(Level.INFO, "lost")
    heard.log.close()

    assert heard.files.lost == 1
    assert heard.files.trouble == "Not a directory"


def test_a_writer_without_work_has_no_thread(tmp_path: Path) -> None:
    """Memory at rest."""
    before = threading.active_count()
    heard = Heard(tmp_path)

    assert threading.active_count() == before

    heard.log.close()
    heard.files.close()


def test_a_writer_works_again_after_its_end() -> None:
    done: list[int] = []
    writer = LineWriter()
    for number in range(3):
        writer.put(lambda number=number: done.append(number), _nothing)  # type: ignore[misc] # a default binds
        assert writer.close(60)

    assert done == [0, 1, 2]


def test_what_comes_while_a_writer_makes_earlier_work_last_is_done_though_its_end_comes_too() -> (
    None
):
    """OB-11: the last lines of a process that is told to end."""
    lasting, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def last() -> None:
        lasting.set()
        go_on.wait(60)

    writer = LineWriter()
    writer.put(_nothing, last)
    assert lasting.wait(60)
    writer.put(done.set, _nothing)
    is_done = writer.close(0)
    go_on.set()

    assert not is_done
    assert done.wait(60)
