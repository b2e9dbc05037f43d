"""Faults on request: what a client sees, and what really happened."""

import asyncio
from typing import Any

import aiohttp
import pytest

from botrunner.simulator.server import Simulator
from support.raw_bybit import Control, OpenStream, RawClient, RawStream

CREATE = "/v5/order/create"


async def open_ids(control: Control) -> list[str]:
    """Client ids of the orders that really are open."""
    return [order["linkId"] for order in (await control.ledger())["openOrders"]]


async def until_logged(control: Control, path: str, fault: str) -> Any:
    """Wait until the log holds a request to the path that this fault struck."""
    while True:
        log = await control.read("requests", path=path)
        struck = [record for record in log["requests"] if record["fault"] == fault]
        if struck:
            return struck[0]
        await asyncio.sleep(0)


async def test_a_lost_acknowledgement_leaves_the_order_and_closes_the_connection(
    client: RawClient, control: Control
) -> None:
    await client.get("/v5/account/info")
    await control.do("lose-acknowledgement", account="alice")

    with pytest.raises(aiohttp.ClientConnectionError):
        await client.place(orderType="Limit", price="49900", orderLinkId="lost")
    assert await open_ids(control) == ["lost"]
    record = await until_logged(control, CREATE, "lose-acknowledgement")
    assert (record["retCode"], record["httpStatus"]) == (0, 0)


async def test_a_lost_acknowledgement_can_leave_the_client_waiting(
    client: RawClient, control: Control
) -> None:
    await client.get("/v5/account/info")
    await control.do("lose-acknowledgement", hang=True)
    waiting = asyncio.create_task(client.place(orderType="Limit", price="49900", orderLinkId="x"))
    await until_logged(control, CREATE, "lose-acknowledgement")

    assert await open_ids(control) == ["x"]
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_only_the_next_accepted_order_loses_its_acknowledgement(
    client: RawClient, control: Control
) -> None:
    await control.do("lose-acknowledgement")
    refused = await client.place(side="nowhere")
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.place()
    following = await client.place()

    assert refused.code == 10001
    assert following.code == 0


async def test_other_accounts_are_spared(
    simulator: Simulator, session: aiohttp.ClientSession, client: RawClient, control: Control
) -> None:
    await control.do("lose-acknowledgement", account="bob")

    assert (await client.place()).code == 0


async def test_a_late_answer_is_late_and_what_was_asked_is_not(
    client: RawClient, control: Control
) -> None:
    await client.get("/v5/account/info")
    await control.do("delay", milliseconds=600_000, path=CREATE)
    waiting = asyncio.create_task(client.place(orderType="Limit", price="49900", orderLinkId="x"))
    await until_logged(control, CREATE, "delay")

    assert await open_ids(control) == ["x"]
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_short_delay_ends_in_the_answer(client: RawClient, control: Control) -> None:
    await control.do("delay", milliseconds=20)

    assert (await client.place()).code == 0


async def test_10006_can_come_with_its_headers_or_without(
    client: RawClient, control: Control
) -> None:
    await control.do("answer", code=10006, message="Too many visits!", resetAfterSeconds=2)
    with_headers = await client.place()
    await control.do("answer", code=10006, message="Too many visits!", limitHeaders=False)
    without = await client.place()

    assert (with_headers.code, without.code) == (10006, 10006)
    reset = int(with_headers.headers["X-Bapi-Limit-Reset-Timestamp"])
    assert reset - with_headers.body["time"] in range(1_990, 2_001)
    assert "X-Bapi-Limit-Reset-Timestamp" not in without.headers
    assert (await control.read("state"))["accounts"] == {}


@pytest.mark.parametrize("code", [10002, 10005, 10010, 10016, 33004])
async def test_any_code_can_be_answered_for_some_requests(
    client: RawClient, control: Control, code: int
) -> None:
    await control.do("answer", code=code, message="because", path=CREATE, count=2)
    codes = [(await client.place()).code for _ in range(3)]
    elsewhere = await client.get("/v5/account/info")

    assert codes == [code, code, 0]
    assert elsewhere.code == 0


async def test_a_server_error_is_no_envelope(client: RawClient, control: Control) -> None:
    await control.do("answer", httpStatus=502, message="<html>Bad Gateway</html>")
    answer = await client.place()

    assert answer.status == 502
    assert answer.body == "<html>Bad Gateway</html>"


async def test_an_error_can_come_after_the_order_was_accepted(
    client: RawClient, control: Control
) -> None:
    await control.do("answer", code=10016, message="Internal error", afterAcceptance=True)
    answer = await client.place(orderType="Limit", price="49900", orderLinkId="accepted")

    assert answer.code == 10016
    assert await open_ids(control) == ["accepted"]


async def test_a_fault_without_a_count_stays_until_it_is_cleared(
    client: RawClient, control: Control
) -> None:
    await control.do("answer", code=10016, count=None)
    codes = [(await client.place()).code for _ in range(3)]
    waiting = (await control.read("state"))["faults"]
    cleared = await control.do("clear")

    assert codes == [10016] * 3
    assert [fault["kind"] for fault in waiting] == ["answer"]
    assert cleared == {"faults": 1}
    assert (await client.place()).code == 0


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_stream_that_is_cut_ends(
    simulator: Simulator, open_stream: OpenStream, control: Control, how: str
) -> None:
    stream = await open_stream(simulator.public_url)
    await stream.subscribe("tickers.BTCUSDT")
    cut = await control.do("cut", how=how)
    kinds = [message.type async for message in stream.socket]

    assert cut == {"connections": 1}
    assert aiohttp.WSMsgType.ERROR not in kinds
    assert stream.socket.closed
    assert stream.socket.close_code == (1000 if how == "close" else 1006)


async def test_a_cut_can_be_of_one_account_or_one_kind(
    simulator: Simulator, open_stream: OpenStream, private: RawStream, control: Control
) -> None:
    public = await open_stream(simulator.public_url)
    await public.subscribe("tickers.BTCUSDT")
    others = await control.do("cut", account="bob")
    own = await control.do("cut", account="alice", stream="private")
    await private.socket.receive()
    await public.send(op="ping")

    assert (others, own) == ({"connections": 0}, {"connections": 1})
    assert private.socket.closed
    assert (await public.until(lambda frame: frame.get("op") == "ping"))["ret_msg"] == "pong"


async def test_a_frozen_stream_hears_and_says_nothing_and_loses_what_it_missed(
    client: RawClient, private: RawStream, control: Control
) -> None:
    await control.do("freeze", stream="private")
    await private.send(op="ping")
    await client.place(orderLinkId="unheard")
    # The ping travels on another connection than the order: only a look at the server's side
    # tells that both were there.
    state = await control.read("state")
    await control.do("thaw")
    await client.place(orderLinkId="heard")
    order = await private.until_topic("order")

    assert state["connections"][0]["frozen"] is True
    assert order["data"][0]["orderLinkId"] == "heard"


async def test_a_frozen_stream_answers_no_protocol_ping(
    simulator: Simulator, session: aiohttp.ClientSession, control: Control
) -> None:
    async with session.ws_connect(simulator.public_url, heartbeat=0.2) as socket:
        stream = RawStream(socket)
        await stream.subscribe("tickers.BTCUSDT")
        await control.do("freeze")
        # Ends when the client's own heartbeat has found the silence.
        while not socket.closed:
            await socket.receive()

    assert socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE


async def test_frames_can_come_twice(
    client: RawClient, private: RawStream, control: Control
) -> None:
    await control.do("disturb", duplicateEvery=1)
    await client.place()
    first = await private.until_topic("order")
    second = await private.until_topic("order")
    await control.do("clear")
    await client.place(orderLinkId="once")
    third = await private.until_topic("order")
    await private.send(op="ping")
    await private.until(lambda frame: frame.get("op") == "pong")

    assert first == second
    assert third["data"][0]["orderLinkId"] == "once"
    assert [frame for frame in private.frames if frame == third] == [third]


async def test_topics_can_overtake_one_another_and_none_overtakes_itself(
    client: RawClient, private: RawStream, control: Control
) -> None:
    await control.do("disturb", account="alice", jitterMilliseconds=300)
    for number in range(8):
        await client.place(orderLinkId=f"order-{number}")
    while len([frame for frame in private.frames if frame.get("topic") == "wallet"]) < 8:
        await private.next()
    while len([frame for frame in private.frames if frame.get("topic") == "order"]) < 8:
        await private.next()

    told = [frame for frame in private.frames if "topic" in frame]
    orders = [frame["data"][0]["orderLinkId"] for frame in told if frame["topic"] == "order"]
    assert orders == [f"order-{number}" for number in range(8)]
    assert [frame["creationTime"] for frame in told] != sorted(
        frame["creationTime"] for frame in told
    )


@pytest.mark.parametrize("status", [403, 503])
async def test_a_handshake_can_be_refused(
    simulator: Simulator, open_stream: OpenStream, control: Control, status: int
) -> None:
    await control.do("refuse-handshake", stream="private", status=status)
    public = await open_stream(simulator.public_url)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await open_stream(simulator.private_url)
    again = await open_stream(simulator.private_url)

    assert refusal.value.status == status
    assert not public.socket.closed
    assert not again.socket.closed


async def test_a_sign_in_can_be_refused(
    simulator: Simulator, open_stream: OpenStream, control: Control
) -> None:
    await control.do("refuse-sign-in", account="alice", message="Invalid apikey")
    stream = await open_stream(simulator.private_url)
    refused = await stream.sign_in()
    accepted = await stream.sign_in()

    assert (refused["success"], refused["ret_msg"]) == (False, "Invalid apikey")
    assert accepted["success"] is True
