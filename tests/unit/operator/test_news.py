"""What kopf is given to read of lists and watches: what is not known yet."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable

import pytest
from typing_extensions import override

from botapi.model import Json
from botoperator.handlers.news import News
from botoperator.store import Record, Store
from support.desk_cluster import thing


class Told:
    """Lines as a watch sends them, in parts."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts
        self.asked_for: list[int] = []

    async def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
        self.asked_for.append(n)
        for part in self._parts:
            yield part


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def ends() -> list[str]:
    """One entry for each list that came to its end."""
    return []


@pytest.fixture
def news(store: Store, ends: list[str]) -> News:
    return News(store.has, lambda: ends.append("list"))


def event(sort: str, raw: Json) -> bytes:
    return json.dumps({"type": sort, "object": raw}).encode() + b"\n"


async def read(news: News, parts: Iterable[bytes]) -> list[tuple[str, str, str]]:
    """Type, name and version of every line that is let through."""
    text = b"".join([part async for part in news.of_watch(Told(*parts), 100)])
    told = [json.loads(line) for line in text.splitlines()]
    return [
        (each["type"], each["object"]["metadata"].get("name", ""), version(each["object"]))
        for each in told
    ]


def version(raw: Json) -> str:
    return str(raw["metadata"]["resourceVersion"])


async def test_what_is_not_known_is_let_through(news: News) -> None:
    lines = (
        event("ADDED", thing("Role", "alice", version=2, uid="a")),
        event("MODIFIED", thing("Role", "bob", version=3, uid="b")),
    )

    assert await read(news, lines) == [("ADDED", "alice", "2"), ("MODIFIED", "bob", "3")]


async def test_in_place_of_what_is_known_a_watch_only_tells_how_far_it_is(
    news: News, store: Store
) -> None:
    """KU-14: silence would make kopf begin the watch anew, and an old version tell all again."""
    store.upsert(Record.of(thing("Role", "alice", version=5, uid="a")))
    lines = event("ADDED", thing("Role", "alice", version=4, uid="a")) + event(
        "MODIFIED", thing("Role", "alice", version=5, uid="a")
    )

    assert await read(news, [lines]) == [("BOOKMARK", "", "5")]


async def test_what_becomes_known_while_lines_are_gathered_is_no_news(
    news: News, store: Store
) -> None:
    """The answer to a write of ours is often read a moment after the watch tells of it."""
    raw = thing("Role", "alice", version=2, uid="a")

    class Early(Told):
        @override
        async def iter_chunked(self, n: int) -> AsyncIterator[bytes]:
            asyncio.get_running_loop().call_soon(store.upsert, Record.of(raw))
            yield event("ADDED", raw)

    text = b"".join([part async for part in news.of_watch(Early(), 100)])

    assert json.loads(text)["type"] == "BOOKMARK"


async def test_of_several_versions_the_newest_is_told_in_its_turn(news: News) -> None:
    lines = (
        event("ADDED", thing("Role", "alice", version=2, uid="a"))
        + event("ADDED", thing("Role", "bob", version=3, uid="b"))
        + event("MODIFIED", thing("Role", "alice", version=4, uid="a"))
    )

    assert await read(news, [lines]) == [("ADDED", "bob", "3"), ("MODIFIED", "alice", "4")]


async def test_an_end_is_always_told_and_so_is_the_successor(news: News, store: Store) -> None:
    """KU-16: a child that was deleted and made again by hand."""
    store.upsert(Record.of(thing("Role", "alice", version=9, uid="a")))
    lines = (
        event("MODIFIED", thing("Role", "alice", version=8, uid="a"))
        + event("DELETED", thing("Role", "alice", version=9, uid="a"))
        + event("ADDED", thing("Role", "alice", version=10, uid="b"))
    )

    assert await read(news, [lines]) == [("DELETED", "alice", "9"), ("ADDED", "alice", "10")]


async def test_an_object_without_a_version_is_never_taken_for_known(
    news: News, store: Store
) -> None:
    raw = thing("Role", "alice", version=0, uid="a")
    store.upsert(Record.of(raw))

    assert await read(news, [event("MODIFIED", raw)]) == [("MODIFIED", "alice", "0")]


async def test_lines_that_are_cut_anywhere_are_told_whole(news: News) -> None:
    text = event("ADDED", thing("Role", "alice", version=2, uid="a")) + event(
        "ADDED", thing("Role", "bob", version=3, uid="b")
    )

    assert await read(news, [text[:20], text[20:150], text[150:-3], text[-3:]]) == [
        ("ADDED", "alice", "2"),
        ("ADDED", "bob", "3"),
    ]


async def test_what_is_no_event_of_an_object_is_kopf_s_to_judge(news: News) -> None:
    """KU-16: an expired watch (410) ends with a Status, and its line end may be missing."""
    expired = b'{"type": "ERROR", "object": {"kind": "Status", "code": 410}}'
    parts = (b"no json\n\n[1]\n" + expired + b"\n" + expired + b"\n", expired)

    text = b"".join([part async for part in news.of_watch(Told(*parts), 100)])

    assert text.splitlines() == [b"no json", b"[1]", expired, expired, expired]


async def test_bookmarks_are_passed_on(news: News) -> None:
    bookmark = event("BOOKMARK", {"kind": "Role", "metadata": {"resourceVersion": "7"}})

    assert await read(news, [bookmark + bookmark]) == [("BOOKMARK", "", "7")] * 2


async def test_a_watch_is_read_in_parts_of_the_size_that_is_asked_for(news: News) -> None:
    told = Told(b"{}\n")

    assert [part async for part in news.of_watch(told, 123)] == [b"{}\n"]
    assert told.asked_for == [123]


def test_of_a_list_what_is_known_is_left_out(news: News, store: Store) -> None:
    """Items of a list do not say of what kind they are."""
    alice, bob = (thing("Role", name, version=2, uid=name) for name in ("alice", "bob"))
    store.upsert(Record.of(alice))
    items = [{"metadata": raw["metadata"]} for raw in (alice, bob)]

    page = news.of_list({"kind": "RoleList", "metadata": {"resourceVersion": "9"}, "items": items})

    assert page == {
        "kind": "RoleList",
        "metadata": {"resourceVersion": "9"},
        "items": [{"metadata": bob["metadata"]}],
    }


def test_the_end_of_each_list_is_told_though_nothing_in_it_is_new(
    news: News, ends: list[str]
) -> None:
    """KU-16: what was deleted while nobody watched is in no list; one of our own finds it."""
    news.of_list({"kind": "RoleList", "metadata": {"continue": "more"}, "items": []})
    assert not ends

    news.of_list({"kind": "RoleList", "metadata": {"continue": ""}, "items": []})
    assert ends == ["list"]


def test_an_answer_that_is_no_list_of_objects_is_passed_on(news: News, ends: list[str]) -> None:
    """kopf also asks what the API server serves."""
    served = {"kind": "APIResourceList", "resources": [{"name": "roles"}]}

    assert news.of_list(served) is served
    assert not ends
