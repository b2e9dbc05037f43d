"""A simulator of the specification's example contract, and desks at it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.runner_desk import RunnerDesk, grid_simulator
from support.simulator import RunningSimulator

MakeDesk = Callable[..., RunnerDesk]


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    """XRPUSDT at 1.00, standing still."""
    with grid_simulator() as running:
        yield running


@pytest.fixture
def make_desk(simulator: RunningSimulator, tmp_path: Path) -> Iterator[MakeDesk]:
    """Makes desks, each with a folder of its own unless ``folder`` is given; ends them."""
    made: list[RunnerDesk] = []

    def make(**fields: Any) -> RunnerDesk:
        folder = fields.pop("folder", tmp_path / f"desk{len(made)}")
        folder.mkdir(exist_ok=True)
        desk = RunnerDesk(fields.pop("simulator", simulator), folder, **fields)
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.close()


@pytest.fixture
def desk(make_desk: MakeDesk) -> RunnerDesk:
    """A desk whose runner is not started yet."""
    return make_desk()
