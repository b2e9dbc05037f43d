"""The faults of a scenario, each at its time."""

from collections.abc import Mapping
from typing import Protocol

from botrunner.service.clock import Clock
from botrunner.simulator.scenario_file import ScenarioError, ScenarioFile


class Commanded(Protocol):
    """What takes the calls of the control API."""

    async def command(self, name: str, body: Mapping[str, object]) -> object:
        """Do what ``POST /<name>`` does. Raises ValueError naming what is wrong with the call."""
        ...


async def play_faults(file: ScenarioFile, simulator: Commanded, clock: Clock) -> None:
    """Make each call when it is due, counted from now; returns after the last one.

    Raises ScenarioError by line and field if the simulator refuses a call.
    """
    start = clock.monotonic()
    faults = sorted(enumerate(file.scenario.faults), key=lambda entry: entry[1].after_seconds)
    for position, fault in faults:
        await clock.sleep(float(fault.after_seconds) - (clock.monotonic() - start))
        try:
            await simulator.command(fault.command, fault.body)
        except ValueError as error:
            complaint = file.complaint(("faults", position), f"{fault.command}: {error}")
            raise ScenarioError(complaint) from None
