"""A stop whose file cannot be written holds in memory, and is written when the disk has room."""

import errno
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.port import AccountResource
from botrunner.domain.actions import RecordStop
from botrunner.domain.emergency import EmergencyStop, StopCause, StopPolicy
from botrunner.domain.events import TimerFired
from botrunner.engine.engine import Engine
from botrunner.engine.limits import RequestLimits
from botrunner.runtime.journal import Journal
from botrunner.runtime.publisher import Publisher
from botrunner.runtime.reporter import RECORD_AGAIN, Reporter
from botrunner.runtime.totals import Totals
from botrunner.service.clock import ManualClock
from botrunner.service.logs import Log, LogFiles
from botrunner.service.meters import Meters

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
STOP = EmergencyStop(
    emergency_id="e8c2f6",
    cause=StopCause.MARGIN,
    reason="",
    symbol="",
    rate="0.93",
    at=NOON,
    latched=True,
)


def test_a_stop_that_the_disk_refused_is_told_once_and_written_again(tmp_path: Path) -> None:
    """RI-4: each try waits for the disk, so the loop is not held up ten times a second."""
    resource, records = Mock(spec=AccountResource), list[Mapping[str, object]]()
    resource.last_status.return_value = None
    resource.record_stop.side_effect = OSError(errno.ENOSPC, "No space left on device")
    engine = Engine(epoch=1, started_at=NOON, limits=RequestLimits())
    log = Log(
        "alice",
        LogFiles.below(tmp_path),
        ManualClock(NOON),
        lambda record, text: records.append(record),
        lambda text: text,
    )
    resource.name = "alice"
    reporter = Reporter(
        resource,
        Publisher(resource, log, Meters()),
        Journal(log),
        Totals(since=NOON),
        state=lambda: engine.state,
        describe=AccountStatus,
        now=lambda: engine.state.now,
        folder=None,
    )
    reporter.record_stop(RecordStop(stop=STOP, policy=StopPolicy.FLATTEN))
    for _ in range(10):
        reporter.tick()

    assert resource.record_stop.call_count == 1
    engine.process(TimerFired(at=NOON + RECORD_AGAIN))
    resource.record_stop.side_effect = None
    reporter.tick()
    reporter.tick()
    log.close()

    assert resource.record_stop.call_count == 2
    assert [record["event"] for record in records] == ["emergencyStop", "stopNotRecorded"]
