"""Logs as records: one line of JSON each, without secrets, in files by day (OB-5, OB-11).

Rule 1: every record passes the redaction before it is written anywhere.
Rule 2: a disk that is full loses lines, never the trading: what was not written is counted.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TextIO

from botrunner.service.clock import Clock

Line = Callable[[Mapping[str, object], str], None]
"""Takes one record, redacted, and its JSON text."""
Redact = Callable[[str], str]


class Level(IntEnum):
    """How much a record matters."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


class DailyFile:
    """``<folder>/<stem>_YYYY-MM-DD.log``; the day is UTC's, a new one begins a new file."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder, self._stem = folder, stem
        self._file: TextIO | None = None
        self._day = ""
        self.lost = 0
        """Lines that could not be written."""

    def write(self, day: str, line: str) -> None:
        """Append a line; one that the disk refuses is counted and lost."""
        try:
            if day != self._day or self._file is None:
                self._open(day)
            assert self._file is not None
            self._file.write(line + "\n")
            self._file.flush()
        except OSError:
            self.lost += 1

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError:
                self.lost += 1
            self._file = None

    def _open(self, day: str) -> None:
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = (self._folder / f"{self._stem}_{day}.log").open("a", encoding="utf-8")
        self._day = day


@dataclass(slots=True, kw_only=True)
class LogFiles:
    """An account's files: all, trades, positions, and what went wrong apart."""

    bot: DailyFile
    trades: DailyFile
    positions: DailyFile
    errors: DailyFile

    @classmethod
    def below(cls, folder: Path) -> "LogFiles":
        """The four files of one folder."""
        names = ("bot", "trades", "positions", "errors")
        return cls(**{name: DailyFile(folder, name) for name in names})

    def close(self) -> None:
        """Let go of all of them."""
        for file in (self.bot, self.trades, self.positions, self.errors):
            file.close()


class Log:
    """Writes one account's records to its files and to ``line``, each redacted.

    ``level`` is the least severe that is written; it may be changed at any time.
    """

    def __init__(
        self, account: str, files: LogFiles, clock: Clock, line: Line, redact: Redact
    ) -> None:
        self._account, self._files, self._clock = account, files, clock
        self._line, self._redact = line, redact
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
