"""What several tests of the file door begin with."""

from pathlib import Path

import pytest

from botrunner.account_resource.file import FileResource
from botrunner.account_resource.state_folder import StateFolder
from botrunner.service.clock import SystemClock
from unit.account_resource.test_reading import TEXT


@pytest.fixture
def door(tmp_path: Path) -> FileResource:
    """The account ``alice`` in a folder of its own."""
    path = tmp_path / "alice.yaml"
    path.write_text(TEXT)
    folder = StateFolder(tmp_path / "alice")
    folder.hold()
    return FileResource(path, "alice", folder, SystemClock(), {})
