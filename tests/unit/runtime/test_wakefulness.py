"""Noticing that the process stood still."""

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest

from botrunner.exchanges.port import Exchange
from botrunner.runtime.wakefulness import STILL_SECONDS, Wakefulness
from botrunner.service.clock import ManualClock


class _SuspendedClock(ManualClock):
    """The wall clock goes on while the monotonic one stands still."""

    def suspend(self, span: timedelta) -> None:
        self._at += span
        self._start += span


def _clock() -> _SuspendedClock:
    return _SuspendedClock(datetime(2026, 1, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize("suspended", [False, True])
async def test_a_process_that_stood_still_is_not_awake_until_it_beats(suspended: bool) -> None:
    """PR-8: stopped by a signal or suspended with the machine, another may have taken over."""
    clock, span = _clock(), timedelta(seconds=STILL_SECONDS)
    wakefulness = Wakefulness(Mock(spec=Exchange), clock)
    assert wakefulness.is_awake()
    if suspended:
        clock.suspend(span)
    else:
        await clock.advance(span)

    assert not wakefulness.is_awake()
    wakefulness.beat()
    assert wakefulness.is_awake()
