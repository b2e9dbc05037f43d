"""The API server, the controllers and the runners for operator_bench.py, in a process of its own.

Speaks JSON by lines: what it is told to do, and then how things stand.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from botapi.labels import ACCOUNT_KIND, FEED_KIND
from support.stand_in_api import StandInApi
from support.stand_in_objects import Objects
from support.stand_in_world import World, new_account, renamed, touch

STEP_SECONDS = 0.5
"""Between two things that happen to a pod: longer than a pass of the operator takes."""
AT_ONCE = 50
"""Accounts that are written before anybody else has a turn."""


async def serve() -> None:
    """Answer until there is nobody to ask."""
    objects = Objects()
    api = StandInApi(objects)
    world = World(objects, step_seconds=STEP_SECONDS)
    print(json.dumps({"url": await api.start()}), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        told = json.loads(line)
        await act(told, world, objects)
        print(json.dumps(state(api, world, objects)), flush=True)
    await api.stop()


async def act(told: dict[str, Any], world: World, objects: Objects) -> None:
    """Make accounts, touch all of them, copy all of them, or let nothing happen to them."""
    world.stands_still = bool(told.get("still", world.stands_still))
    for number in range(told.get("create", 0)):
        objects.put(new_account(number))
        await let_others(number)
    if told.get("touch"):
        for number, name in enumerate(objects.names(ACCOUNT_KIND)):
            objects.edit(ACCOUNT_KIND, name, touch)
            await let_others(number)
    if times := told.get("grow", 0):
        grow(objects, times)


async def let_others(number: int) -> None:
    """Give everybody else a turn now and then."""
    if number % AT_ONCE == 0:
        await asyncio.sleep(0)


def grow(objects: Objects, times: int) -> None:
    """Add so many copies of all accounts and of what they have; feeds only get more users."""
    objects.grow(times, renamed(objects.count(ACCOUNT_KIND)))
    for name in objects.names(FEED_KIND):
        objects.edit(FEED_KIND, name, lambda raw: _more_users(raw, times + 1))


def _more_users(raw: dict[str, Any], times: int) -> None:
    raw["status"]["users"] *= times


def state(api: StandInApi, world: World, objects: Objects) -> dict[str, Any]:
    """What was asked, and what there is."""
    asked: dict[str, int] = {}
    for (method, resource, status), count in api.asked.items():
        what = f"{method} {resource}" if status < 400 or status == 404 else f"{status}"
        asked[what] = asked.get(what, 0) + count
    return {
        "ready": world.ready,
        "writes": api.writes(),
        "watches": objects.watches(),
        "accounts": objects.count(ACCOUNT_KIND),
        "statefulSets": objects.count("StatefulSet"),
        "asked": asked,
    }


if __name__ == "__main__":
    uvloop.run(serve())
