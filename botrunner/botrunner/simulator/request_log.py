"""Every request with its outcome: what a promise about traffic is judged by."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from botrunner.simulator.bybit.wire import Row, milliseconds
from botrunner.simulator.encode import decoded_object

_SECRET = re.compile(r"(?i)\b(api_?key|sign|signature|secret|apiSecret)=[^&]*")
LONGEST_BODY = 4096
"""Bytes of a body that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One request; signature and key are not in it."""

    number: int
    """Counts all requests since the start, from 1."""
    at: datetime
    """When it had been read."""
    account: str
    """The account whose key came with it, verified or not; ``""`` without a key."""
    address: str
    method: str
    path: str
    query: str
    body: bytes
    http_status: int
    """0: no answer was sent."""
    code: int
    message: str
    fault: str
    """The kind of fault that struck it; ``""`` for none."""

    def row(self) -> Row:
        """The record as JSON; a body that is no JSON object is given as text."""
        parsed = decoded_object(self.body) if self.body else {}
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "atMs": milliseconds(self.at),
            "account": self.account,
            "address": self.address,
            "method": self.method,
            "path": self.path,
            "query": _SECRET.sub(r"\1=***", self.query),
            "body": self.body.decode(errors="replace") if parsed is None else parsed,
            "httpStatus": self.http_status,
            "retCode": self.code,
            "retMsg": self.message,
            "fault": self.fault,
        }


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self, size: int) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=size)
        self._count = 0

    @property
    def count(self) -> int:
        """Requests since the start, dropped ones included."""
        return self._count

    def next_number(self) -> int:
        """The number of a request that has come in."""
        self._count += 1
        return self._count

    def add(self, record: RequestRecord) -> None:
        """Keep a record, dropping the oldest when full."""
        self._records.append(record)

    def __iter__(self) -> Iterator[RequestRecord]:
        return iter(tuple(self._records))
