"""The door on a real API server, with the rights of a runner's pod and no more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.kube import KubeResource, Pod
from botrunner.account_resource.kube_api import ApiPlace, ApiUnreachableError
from botrunner.account_resource.kube_follow import Address
from botrunner.account_resource.kube_view import Folders
from botrunner.service.clock import SystemClock
from support.accounts import account
from support.kubectl import Kubectl
from support.pod_identity import PodIdentity

PATIENCE_SECONDS = 60.0
KEYS = {"apiKey": "the-key-of-case", "apiSecret": "the-secret-of-case"}


@dataclass(slots=True)
class DoorDesk:
    """One account of the cluster and its door."""

    kubectl: Kubectl
    identity: PodIdentity
    name: str
    told: list[tuple[bool, str]]
    door: KubeResource
    task: asyncio.Task[None] | None = None

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until the condition holds; fail the test when it never does."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                await asyncio.sleep(0.02)  # A poll of a condition, bounded by the timeout.
        assert holds(), what

    async def begin(self) -> None:
        """Open the door and follow the account; returns once it is known."""
        await self.begin_blindly()
        await self.until(lambda: self.door.read().is_reachable, "the first answer")

    async def begin_blindly(self) -> None:
        """Open the door and follow the account, whether the API server answers or not."""
        await self.door.open()
        self.task = asyncio.ensure_future(self.door.run())

    async def report(self, status: AccountStatus) -> None:
        """Report as the runner does: off the loop, and again where the API server was not there."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with suppress(ApiUnreachableError):
                    return await asyncio.to_thread(self.door.report, status)

    async def end(self) -> None:
        """Stop following."""
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task
            self.task = None
        await self.door.close()

    async def patch(self, patch: str, *arguments: str) -> None:
        """``kubectl patch`` of the account."""
        await asyncio.to_thread(
            self.kubectl.must,
            "patch",
            "ta",
            self.name,
            "--type=merge",
            "--patch",
            patch,
            *arguments,
        )

    async def status(self) -> dict[str, Any]:
        """The status as it stands in the cluster."""
        found = await asyncio.to_thread(self.kubectl.read, "ta", self.name)
        return dict(found.get("status", {}))


MakeDesk = Callable[..., DoorDesk]


@pytest.fixture
async def make_desk(accounts: Kubectl, tmp_path: Path) -> AsyncIterator[MakeDesk]:
    """Makes desks; ``url`` is another way to the API server, ``state`` another folder."""
    made: list[DoorDesk] = []

    def make(name: str, *, url: str | None = None, state: str = "state", **spec: Any) -> DoorDesk:
        identity = PodIdentity(accounts, name, tmp_path / "identity")
        if not accounts.run("get", "ta", name).ok:
            applied = accounts.apply(account(name, **spec))
            assert applied.ok, applied.err
        identity.mount(KEYS)
        folder = tmp_path / state
        folder.mkdir(exist_ok=True)
        told: list[tuple[bool, str]] = []
        assert accounts.namespace is not None
        pod = Pod(
            address=Address(namespace=accounts.namespace, name=name),
            name=f"{name}-0",
            place=ApiPlace(
                url=url or identity.url, token_file=identity.token_file, ca_file=identity.ca_file
            ),
            folders=Folders(keys=identity.keys_dir, state=folder),
            version="0.0.0",
        )
        door = KubeResource(pod, SystemClock(), lambda is_back, why: told.append((is_back, why)))
        desk = DoorDesk(kubectl=accounts, identity=identity, name=name, told=told, door=door)
        made.append(desk)
        return desk

    yield make
    for desk in made:
        await desk.end()
