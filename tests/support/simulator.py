"""A real simulator on free ports, for tests: in a thread of its own, or as its own process."""

import asyncio
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from botrunner.service.clock import SystemClock
from botrunner.simulator.scenario_file import parse_scenario
from botrunner.simulator.scenario_settings import settings_for
from botrunner.simulator.server import Simulator
from botrunner.simulator.settings import SimulatorSettings
from support.program import announced_process

_PATIENCE_SECONDS = 30


class RunningSimulator:
    """A simulator whose event loop runs in a thread, so that blocking clients can be used on it."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulator")
        self._thread.start()
        try:
            self._simulator = self._await(Simulator.start(settings, clock=SystemClock()))
        except BaseException:
            self._end_loop()
            raise
        self.rest_url = self._simulator.rest_url
        self.stream_url = self._simulator.stream_url
        self.public_url = self._simulator.public_url
        self.private_url = self._simulator.private_url
        self.control_url = self._simulator.control_url
        self._clean_ups: list[Callable[[], None]] = []

    def command(self, name: str, body: Mapping[str, object] | None = None) -> Any:
        """Make a call of the control API, without its socket."""
        return self._await(self._simulator.command(name, body or {}))

    def at_stop(self, clean_up: Callable[[], None]) -> None:
        """Call this before the simulator stops: clients close their connections first."""
        self._clean_ups.append(clean_up)

    def stop(self) -> None:
        """Close every socket and end the thread."""
        for clean_up in self._clean_ups:
            clean_up()
        self._await(self._simulator.stop())
        self._end_loop()

    def _await(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_SECONDS)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_SECONDS)
        self._loop.close()


def simulator_settings(scenario: str = "", **changes: Any) -> SimulatorSettings:
    """Settings of a scenario's text on free ports; ``changes`` replace fields of the settings."""
    settings = settings_for(parse_scenario("scenario", scenario))
    return replace(settings, **{"port": 0, "control_port": 0, **changes})


@contextmanager
def running_simulator(scenario: str = "", **changes: Any) -> Iterator[RunningSimulator]:
    """A simulator of the scenario's text, stopped at the end."""
    simulator = RunningSimulator(simulator_settings(scenario, **changes))
    try:
        yield simulator
    finally:
        simulator.stop()


def simulator_process(
    *arguments: str,
) -> AbstractContextManager[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`tradefleet simulator` on free ports, and what it said when ready; killed at the end."""
    free = ("--port", "0", "--control-port", "0")
    return announced_process("simulator", *free, "-o", "json", *arguments)
