"""The cards of the account's door, AD-1 to AD-12: what a file and the cluster have in common."""

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml
from typing_extensions import override

from botapi.parse import parse
from botapi.v1alpha1.strategies import Strategy
from botrunner.account_resource.file import FileResource
from botrunner.account_resource.port import AccountResource, Notice, Reading
from botrunner.account_resource.state_folder import StateFolder
from botrunner.domain.emergency import StopPolicy
from botrunner.service.clock import SystemClock
from integration.kube_door.conftest import KEYS, PATIENCE_SECONDS, DoorDesk, MakeDesk
from support.accounts import account, strategy
from support.runner_reports import latched, report


class Desk(Protocol):
    """One account behind one kind of door."""

    async def open(self) -> AccountResource:
        """The door as a new process finds it, of the same account and folder."""
        ...

    async def edit(self, **spec: Any) -> None:
        """Change fields of the spec; None takes one out."""
        ...


@dataclass(slots=True)
class FileDesk(Desk):
    """An account in a file."""

    folder: Path
    name: str
    spec: dict[str, Any] = field(default_factory=dict)

    @override
    async def open(self) -> AccountResource:
        await self.edit()
        state = StateFolder(self.folder / "state")
        state.path.mkdir(exist_ok=True)
        door = FileResource(self._path, self.name, state, SystemClock(), {})
        door.read()
        return door

    @override
    async def edit(self, **spec: Any) -> None:
        self.spec |= spec
        documents = account(self.name, **copy.deepcopy(self.spec))
        documents["spec"] = {k: v for k, v in documents["spec"].items() if v is not None}
        secret = {"kind": "Secret", "metadata": {"name": "case-keys"}, "stringData": KEYS}
        draft = self._path.with_suffix(".new")
        draft.write_text(yaml.safe_dump_all([documents, {"apiVersion": "v1", **secret}]))
        draft.replace(self._path)

    @property
    def _path(self) -> Path:
        return self.folder / "account.yaml"


@dataclass(slots=True)
class KubeDesk(Desk):
    """An account of the cluster."""

    make: MakeDesk
    name: str
    desk: DoorDesk | None = None

    @override
    async def open(self) -> AccountResource:
        if self.desk is not None:
            await self.desk.end()
        self.desk = self.make(self.name)
        await self.desk.begin()
        return self.desk.door

    @override
    async def edit(self, **spec: Any) -> None:
        assert self.desk is not None
        await self.desk.patch(json.dumps({"spec": spec}))


@pytest.fixture(params=["file", pytest.param("kube", marks=pytest.mark.cluster)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """The same account behind each kind of door; each test has one of its own."""
    name = request.node.name.partition("[")[0].removeprefix("test_").partition("_")[0]
    if request.param == "file":
        yield FileDesk(tmp_path, f"{name}-file")
    else:
        yield KubeDesk(request.getfixturevalue("make_desk"), f"{name}-kube")


async def test_ad1_the_account_is_read_with_its_keys(desk: Desk) -> None:
    reading = (await desk.open()).read()

    assert reading.account is not None and reading.keys is not None
    assert reading.keys.api_key == KEYS["apiKey"]
    assert (reading.is_reachable, reading.faults, reading.stops) == (True, (), ())
    assert (reading.keys_problem, reading.keys_reason, reading.pending_restart) == ("", "", ())


async def test_ad2_a_person_s_stop_comes_and_goes(desk: Desk) -> None:
    door = await desk.open()
    await _changes(door, lambda: desk.edit(emergencyStop=True), lambda each: bool(each.stops))
    await _changes(door, lambda: desk.edit(emergencyStop=None), lambda each: not each.stops)

    assert door.read().stops == ()


async def test_ad3_a_changed_parameter_comes_without_anything_else(desk: Desk) -> None:
    door = await desk.open()
    before = door.read()
    new = await _changes(door, lambda: desk.edit(reconcileSeconds=45), _reconciles_every(45))

    assert new.account is not None and before.account is not None
    assert new.account.spec == before.account.spec.model_copy(update={"reconcile_seconds": 45})
    assert (new.keys, new.stops, new.pending_restart) == (before.keys, (), ())


async def test_ad4_a_report_is_the_last_status_of_the_next_life(desk: Desk) -> None:
    door = await desk.open()
    await asyncio.to_thread(door.report, report(epoch=7))
    last = (await desk.open()).last_status()

    assert last is not None and last.runner is not None
    assert last.runner.epoch == 7
    assert (last.strategies, last.account) == (report().strategies, report().account)


async def test_ad5_a_latched_stop_is_what_the_next_life_begins_with(desk: Desk) -> None:
    """RI-2."""
    door = await desk.open()
    door.record_stop(latched(), StopPolicy.FLATTEN)
    found = (await desk.open()).latched_stop()

    assert found is not None
    assert (found.emergency_id, found.cause, found.latched) == ("abc123", latched().cause, True)
    assert found.reason == latched().reason


async def test_ad6_a_stop_that_was_cleared_does_not_come_back(desk: Desk) -> None:
    door = await desk.open()
    door.record_stop(latched(), StopPolicy.CANCEL_ENTRIES)
    door.clear_stop("abc123")

    assert door.latched_stop() is None
    assert (await desk.open()).latched_stop() is None


async def test_ad7_clearing_another_stop_leaves_this_one(desk: Desk) -> None:
    door = await desk.open()
    door.record_stop(latched(), StopPolicy.CANCEL_ENTRIES)
    door.clear_stop("another")
    found = (await desk.open()).latched_stop()

    assert found is not None and found.emergency_id == "abc123"


async def test_ad8_the_copy_keeps_the_strategies_and_those_that_left(desk: Desk) -> None:
    """KU-27."""
    door = await desk.open()
    followed = door.read().account
    assert followed is not None
    left = parse(Strategy, strategy("gone", "XRPUSDT"))
    await asyncio.to_thread(door.save_copy, followed, [left])
    saved = (await desk.open()).saved_strategies()

    assert {each.name for each in saved} == {"doge", "gone"}


async def test_ad9_an_acknowledgement_is_told(desk: Desk) -> None:
    """RI-2."""
    door = await desk.open()
    new = await _changes(
        door,
        lambda: desk.edit(acknowledgedEmergency="abc123"),
        lambda each: bool(each.acknowledged),
    )

    assert new.acknowledged == ("abc123",)


async def test_ad10_a_field_that_needs_another_start_waits(desk: Desk) -> None:
    """KU-13."""
    door = await desk.open()
    change = await _changes(
        door, lambda: desk.edit(initialBalance=77), lambda each: bool(each.pending_restart)
    )

    assert change.pending_restart == ("spec.initialBalance",)


async def test_ad11_the_policies_of_a_stop_come_with_it(desk: Desk) -> None:
    """RI-3."""
    door = await desk.open()
    wanted = {"policy": "Freeze", "byCause": {"margin": "Flatten"}}
    new = await _changes(
        door,
        lambda: desk.edit(emergencyStop=True, emergency=wanted),
        lambda each: bool(each.stops),
    )

    assert new.policies.policy.value == "Freeze"
    assert new.policies.by_cause.margin is not None
    assert new.policies.by_cause.margin.value == "Flatten"


async def test_ad12_announcing_is_in_nobody_s_way(desk: Desk) -> None:
    door = await desk.open()
    for number in range(200):
        door.announce(Notice(reason="Recovered", message=f"number {number}", is_warning=False))

    assert door.read().is_reachable


async def _changes(
    door: AccountResource,
    edit: Callable[[], Awaitable[None]],
    holds: Callable[[Reading], bool],
) -> Reading:
    """The first reading of the watch, from after the edit on, that shows it."""
    found: asyncio.Future[Reading] = asyncio.get_running_loop().create_future()

    async def listen() -> None:
        async for reading in door.watch():
            if holds(reading) and not found.done():
                found.set_result(reading)

    listener = asyncio.ensure_future(listen())
    await asyncio.sleep(0)  # The watch begins before the edit.
    try:
        await edit()
        return await asyncio.wait_for(found, PATIENCE_SECONDS)
    finally:
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener


def _reconciles_every(seconds: int) -> Callable[[Reading], bool]:
    return lambda each: each.account is not None and each.account.spec.reconcile_seconds == seconds
