"""The session that kopf reads lists and watches with: without what is known."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import kopf
import pytest

from botapi.model import Json
from botoperator.cluster.kube import Access
from botoperator.handlers.login import sign_in
from botoperator.handlers.news import News
from support.answering_api import answering, kubeconfig_of
from support.stand_in_api import StandInApi
from support.stand_in_objects import Objects

FROM_THE_FIRST = {"watch": "1", "resourceVersion": "2"}
"""What happened after the first object was made: its version is 2."""


def role(name: str) -> dict[str, object]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"namespace": "clients", "name": name},
    }


def is_known(raw: Json) -> bool:
    return bool(raw["metadata"]["name"] == "known")


@pytest.fixture
async def objects() -> Objects:
    objects = Objects()
    for name in ("known", "new"):
        objects.put(role(name))
    return objects


@pytest.fixture
async def roles(objects: Objects) -> AsyncIterator[str]:
    """Where roles are listed and watched."""
    api = StandInApi(objects)
    yield f"{await api.start()}/apis/rbac.authorization.k8s.io/v1/roles"
    await api.stop()


async def session_of(url: str, folder: Path, ends: list[str]) -> kopf.AiohttpSession:
    server = "/".join(url.split("/")[:3])
    news = News(is_known, lambda: ends.append("list"))
    return await sign_in(Access(kubeconfig_of(server, folder)), news)


async def test_a_list_lacks_what_is_known_and_its_end_is_told(roles: str, tmp_path: Path) -> None:
    ends: list[str] = []
    session = (await session_of(roles, tmp_path, ends)).aiohttp_session
    async with session, session.get(roles) as answer:
        page = await answer.json()

    assert [each["metadata"]["name"] for each in page["items"]] == ["new"]
    assert ends == ["list"]


async def test_a_watch_tells_what_is_new_and_how_far_it_is(
    objects: Objects, roles: str, tmp_path: Path
) -> None:
    session = (await session_of(roles, tmp_path, [])).aiohttp_session
    told = b""
    async with session, session.get(roles, params=FROM_THE_FIRST) as answer:
        async for part in answer.content.iter_chunked(2**20):
            told += part
            if told.count(b"\n") == 1:
                objects.put(role("known"))
            elif told.count(b"\n") == 2:
                break

    first, second = (json.loads(line) for line in told.splitlines())
    assert (first["type"], first["object"]["metadata"]["name"]) == ("ADDED", "new")
    assert second["type"] == "BOOKMARK"
    assert second["object"]["metadata"] == {"resourceVersion": str(objects.version)}


async def test_a_refusal_is_read_as_it_is(tmp_path: Path) -> None:
    """KU-16: kopf tells errors apart by what the API server says."""
    refusal = {"kind": "Status", "code": 503, "items": [role("known")]}
    ends: list[str] = []
    async with answering((200, {}), (503, refusal)) as api:
        session = (await session_of(api.url, tmp_path, ends)).aiohttp_session
        async with session, session.get(api.url) as answer:
            assert await answer.json() == refusal

    assert ends == []
