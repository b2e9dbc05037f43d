"""The faults of a scenario, each at its time."""

from collections.abc import Mapping
from typing import Protocol

from botrunner.service.clock import Clock
from botrunner.simulator.control.act import ControlError, read_command
from botrunner.simulator.scenario_file import ScenarioError, ScenarioFile


class Commanded(Protocol):
    """What takes the calls of the control API."""

    async def command(self, name: str, body: Mapping[str, object]) -> object:
        """Do what ``POST /<name>`` does. Raises ValueError naming what is wrong with the call."""
        ...


def check_faults(file: ScenarioFile) -> None:
    """Refuse calls that the control API does not have, and wrong fields of those it has.

    Raises ScenarioError naming every one by line and field.
    """
    complaints = []
    for position, fault in enumerate(file.scenario.faults):
        try:
            read_command(fault.command, fault.body)
        except ControlError as error:
            complaints.append(file.complaint(("faults", position), str(error)))
    if complaints:
        raise ScenarioError("\n".join(complaints))


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
            raise ScenarioError(file.complaint(("faults", position), str(error))) from None
