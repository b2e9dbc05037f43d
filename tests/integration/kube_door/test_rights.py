"""Token, rights and answers of a real API server."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from botrunner.account_resource.kube_api import ApiPlace, ApiRefusedError, ApiServer
from botrunner.account_resource.kube_follow import Address
from botrunner.account_resource.port import Notice
from integration.kube_door.conftest import MakeDesk
from support.runner_reports import report

pytestmark = pytest.mark.cluster


async def test_a_token_that_is_refused_is_read_anew(make_desk: MakeDesk) -> None:
    """The kubelet replaces the projected token; nothing is started again for it."""
    desk = make_desk("token")
    good = desk.identity.token_file.read_text()
    desk.identity.token_file.write_text("nobody's token")
    await desk.begin_blindly()
    refused = desk.door.read()
    desk.identity.token_file.write_text(good)
    await desk.until(lambda: desk.door.read().is_reachable, "the account")

    assert refused.account is None and "401" in refused.faults[0]
    assert "nobody's token" not in refused.faults[0]
    assert desk.door.read().account is not None


async def test_another_account_of_the_namespace_is_refused(make_desk: MakeDesk) -> None:
    """KU-11: a runner reads and reports its own account and no other."""
    own, other = make_desk("own"), make_desk("other")
    place = ApiPlace(
        url=own.identity.url, token_file=own.identity.token_file, ca_file=own.identity.ca_file
    )
    own.identity.renew_token()
    api = ApiServer(place, "test")
    assert other.kubectl.namespace is not None
    address = Address(namespace=other.kubectl.namespace, name="other")
    with pytest.raises(ApiRefusedError) as reading:
        await api.get(address.path)
    with pytest.raises(ApiRefusedError) as writing:
        await api.apply(address.status_path, {}, "tradefleet-runner")
    await api.close()

    assert (reading.value.code, writing.value.code) == (403, 403)


async def test_a_watch_from_a_version_long_gone_is_told_so(make_desk: MakeDesk) -> None:
    """What makes the follower read the object anew (410)."""
    desk = make_desk("old")
    place = ApiPlace(
        url=desk.identity.url, token_file=desk.identity.token_file, ca_file=desk.identity.ca_file
    )
    api = ApiServer(place, "test")
    assert desk.kubectl.namespace is not None
    address = Address(namespace=desk.kubectl.namespace, name="old")
    codes = []
    async with aclosing(api.watch(address.watch_path("1"))) as events:
        async for event in events:
            if event:
                codes.append((event["type"], int(event["object"]["code"])))
                break
    await api.close()

    assert codes == [("ERROR", 410)]


async def test_an_event_tells_about_the_account(make_desk: MakeDesk) -> None:
    desk = make_desk("told")
    await desk.begin()
    desk.door.announce(Notice(reason="EmergencyStop", message="margin rate", is_warning=True))
    desk.door.announce(Notice(reason="EmergencyStop", message="margin rate", is_warning=True))
    select = ("events", "--field-selector=involvedObject.name=told,reason=EmergencyStop")
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        while not found:
            found = (await asyncio.to_thread(desk.kubectl.read, *select))["items"]

    assert len(found) == 1
    assert (found[0]["type"], found[0]["reason"]) == ("Warning", "EmergencyStop")
    assert found[0]["involvedObject"]["uid"]
    assert found[0]["reportingInstance"] == "told-0"


async def test_keys_are_picked_up_as_the_kubelet_mounts_them(
    make_desk: MakeDesk,
) -> None:
    """Keys that change are picked up as the kubelet mounts them (KU-13)."""
    desk = make_desk("keys")
    await desk.begin()
    desk.identity.mount({"apiKey": "another-key", "apiSecret": "another-secret"})
    await desk.until(lambda: _key(desk.door.read()) == "another-key", "the new key")
    desk.identity.mount({"apiKey": "another-key"})
    await desk.until(lambda: desk.door.read().keys_reason == "KeyMissing", "incomplete")
    desk.identity.mount({})
    await desk.until(lambda: desk.door.read().keys_reason == "SecretMissing", "missing")
    await desk.report(report())

    assert "case-keys" in desk.door.read().keys_problem


def _key(reading: object) -> str:
    keys = getattr(reading, "keys", None)
    return keys.api_key if keys is not None else ""
