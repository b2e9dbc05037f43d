"""Logs as records: one line of JSON each, without secrets, in files by day (OB-5, OB-11).

Rule 1: every record passes the redaction before it is written anywhere.
Rule 2: a disk that is full loses lines, never the trading: what was not written is counted.
Rule 3: files are written on a thread; whoever logs never waits for a disk.
"""

import functools
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TextIO

from botrunner.service.clock import Clock
from botrunner.service.line_writer import LineWriter

Line = Callable[[Mapping[str, object], str], None]
"""Takes one record, redacted, and its JSON text."""
Redact = Callable[[str], str]
CLOSE_SECONDS = 1.0
"""So long the last lines are waited for: a process that was told to end has five (GR-52)."""


class Level(IntEnum):
    """How much a record matters."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


class DailyFile:
    """``<folder>/<stem>_YYYY-MM-DD.log``; the day is UTC's, a new one begins a new file.

    Lines are handed over to ``writer``, whose thread alone touches the disk; without one the file
    has a writer of its own.
    """

    def __init__(self, folder: Path, stem: str, writer: LineWriter | None = None) -> None:
        self._folder, self._stem = folder, stem
        self._owns_writer = writer is None
        self._writer = writer or LineWriter()
        self._file: TextIO | None = None
        self._day = ""
        self._unflushed = 0
        self._refused, self._failed = 0, 0
        self.trouble = ""
        """Why the last line could not be written; empty when it could."""

    @property
    def lost(self) -> int:
        """Lines that could not be written."""
        return self._refused + self._failed

    def write(self, day: str, line: str) -> None:
        """Have a line appended; one that the disk refuses or is too slow for is counted."""
        if not self._writer.put(functools.partial(self._append, day, line), self._flush):
            self._refused += 1
            self.trouble = "the disk is too slow"

    def close(self) -> None:
        """Let go of the file once all its lines are written."""
        self._writer.put(self._end, self._flush, CLOSE_SECONDS)
        if self._owns_writer:
            self._writer.close(CLOSE_SECONDS)

    def _append(self, day: str, line: str) -> None:
        try:
            if day != self._day or self._file is None:
                self._open(day)
            assert self._file is not None
            self._file.write(line + "\n")
            self._unflushed += 1
        except OSError as error:
            self._unflushed += 1
            self._fail(error)

    def _flush(self) -> None:
        if self._file is None or not self._unflushed:
            return
        try:
            self._file.flush()
        except OSError as error:
            self._fail(error)
        else:
            self._unflushed, self.trouble = 0, ""

    def _fail(self, error: OSError) -> None:
        self._failed, self._unflushed = self._failed + self._unflushed, 0
        self.trouble = error.strerror or type(error).__name__
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()

    def _open(self, day: str) -> None:
        self._end()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = (self._folder / f"{self._stem}_{day}.log").open("a", encoding="utf-8")
        self._day = day

    def _end(self) -> None:
        self._flush()
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()


@dataclass(slots=True, kw_only=True)
class LogFiles:
    """An account's files: all, trades, positions, and what went wrong apart."""

    bot: DailyFile
    trades: DailyFile
    positions: DailyFile
    errors: DailyFile
    own_writer: LineWriter | None = None
    """Ends with these files."""

    @classmethod
    def below(cls, folder: Path, writer: LineWriter | None = None) -> "LogFiles":
        """The four files of one folder, written by ``writer`` or by one of their own."""
        own = LineWriter() if writer is None else None
        bot, trades, positions, errors = (
            DailyFile(folder, name, writer or own)
            for name in ("bot", "trades", "positions", "errors")
        )
        return cls(bot=bot, trades=trades, positions=positions, errors=errors, own_writer=own)

    @property
    def all(self) -> tuple[DailyFile, ...]:
        """The four."""
        return (self.bot, self.trades, self.positions, self.errors)

    @property
    def trouble(self) -> str:
        """Why lines are being lost; empty while none is."""
        return next((file.trouble for file in self.all if file.trouble), "")

    @property
    def lost(self) -> int:
        """Lines that could not be written."""
        return sum(file.lost for file in self.all)

    def close(self) -> None:
        """Let go of all of them once their lines are written."""
        for file in self.all:
            file.close()
        if self.own_writer is not None:
            self.own_writer.close(CLOSE_SECONDS)


class Log:
    """Writes one account's records to its files and to ``line``, each redacted.

    ``level`` is the least severe that is written; it may be changed at any time.
    """

    def __init__(
        self, account: str, files: LogFiles, clock: Clock, line: Line, redact: Redact
    ) -> None:
        self._account, self._files, self._clock = account, files, clock
        self._line, self._redact = line, redact
        self._told = ""
        """The trouble with the files that people were told of."""
        self.level = Level.INFO

    def write(self, level: Level, event: str, /, **fields: object) -> None:
        """One record: to the bot's file, to the errors' from WARNING on, and to the process."""
        if level < self.level:
            return
        day, text = self._render(level, event, fields)
        self._files.bot.write(day, text)
        if level >= Level.WARNING:
            self._files.errors.write(day, text)
        self._line(json.loads(text), text)
        self._tell_trouble()

    def trade(self, **fields: object) -> None:
        """One fill, to the trades' file; also a record of level INFO."""
        day, text = self._render(Level.INFO, "fill", fields)
        self._files.trades.write(day, text)
        self.write(Level.INFO, "fill", **fields)

    def positions(self, **fields: object) -> None:
        """What is held, to the positions' file alone."""
        day, text = self._render(Level.INFO, "positions", fields)
        self._files.positions.write(day, text)

    def close(self) -> None:
        """Let go of the files."""
        self._files.close()

    def _tell_trouble(self) -> None:
        """A full disk is told where there is another way, once, and so is its end."""
        trouble = self._files.trouble
        if trouble == self._told:
            return
        self._told = trouble
        event = "logFilesNotWritten" if trouble else "logFilesWritten"
        fields = {"why": trouble, "lost": self._files.lost}
        _, text = self._render(Level.WARNING, event, fields)
        self._line(json.loads(text), text)

    def _render(self, level: Level, event: str, fields: Mapping[str, object]) -> tuple[str, str]:
        now = self._clock.now()
        record = {
            "at": now.isoformat(),
            "severity": level.name.lower(),
            "account": self._account,
            "event": event,
            **fields,
        }
        return now.date().isoformat(), self._redact(json.dumps(record, default=str))
