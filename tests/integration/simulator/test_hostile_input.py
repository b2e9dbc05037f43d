"""Input that nobody sends on purpose: an answer, never a broken server."""

import asyncio
import io
from urllib.parse import urlsplit

import aiohttp
import pytest

from botrunner.simulator.server import Simulator
from support.raw_bybit import Control, OpenStream, RawClient

DEEP = '{"category":' + "[" * 5_000 + "]" * 5_000 + "}"
BODIES = [DEEP, "", "null", "[]", '"text"', "{", '{"qty": 1e999}', '{"symbol": "\\ud800"}', "\x00"]


@pytest.mark.parametrize("body", BODIES)
async def test_a_strange_body_is_a_parameter_error(client: RawClient, body: str) -> None:
    answer = await client.post_raw("/v5/order/create", body, client.signed_headers(body))

    assert (answer.status, answer.code) == (200, 10001)


STRANGE_VALUES = [
    {"symbol": ["BTCUSDT"]},
    {"symbol": {"$ne": ""}},
    {"side": 1},
    {"reduceOnly": "perhaps"},
    {"positionIdx": 10**40},
    {"qty": "9" * 20},
    {"orderType": "Limit", "price": "9" * 20},
    {"orderType": "Limit", "price": "0.00000000000000000001"},
    {"orderLinkId": "ж"},
    {"category": None},
]


@pytest.mark.parametrize("changes", STRANGE_VALUES)
async def test_a_strange_value_is_refused(client: RawClient, changes: dict[str, object]) -> None:
    answer = await client.place(**changes)

    assert answer.status == 200
    assert answer.code != 0


QUERIES = [
    "category=linear&symbol=%ff%fe&interval=1",
    "category=linear&symbol=BTCUSDT&interval=M&start=0&end=99999999999999",
    "category=linear&symbol=BTCUSDT&interval=M&end=0",
    "category=linear&symbol=BTCUSDT&interval=W&start=-5",
    "category=linear&category=spot",
    "&&&=",
    "%",
]


@pytest.mark.parametrize("query", QUERIES)
async def test_a_strange_query_is_answered(client: RawClient, query: str) -> None:
    answer = await client.get_raw("/v5/market/kline", query, {})

    assert answer.status == 200
    assert answer.code in (0, 10001)


async def spoken(url: str, request: bytes) -> bytes:
    """What a server answers to bytes no client library would send."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(4096), 20)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_signature_that_is_no_text_is_wrong(
    simulator: Simulator, client: RawClient
) -> None:
    headers = client.signed_headers("")
    stamp = headers["X-BAPI-TIMESTAMP"].encode()
    answer = await spoken(
        simulator.rest_url,
        b"GET /v5/account/info HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"X-BAPI-API-KEY: sim-alice\r\nX-BAPI-SIGN: \xff\xfe\r\nX-BAPI-TIMESTAMP: "
        + stamp
        + b"\r\n\r\n",
    )

    assert b'"retCode":10004' in answer


@pytest.mark.parametrize(
    "line", [b"GET /v5/../../etc/passwd", b"GET //v5/market/time", b"OPTIONS *", b"DELETE /v5"]
)
async def test_a_strange_path_is_10017(simulator: Simulator, line: bytes) -> None:
    request = line + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    assert b'"retCode":10017' in await spoken(simulator.rest_url, request)


async def test_a_body_beyond_a_megabyte_is_refused(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    body = io.BytesIO(b"x" * 2_000_000)
    async with session.post(simulator.rest_url + "/v5/order/create", data=body) as response:
        assert response.status == 413


async def test_a_binary_frame_is_passed_over(
    simulator: Simulator, open_stream: OpenStream, control: Control
) -> None:
    stream = await open_stream(simulator.public_url)
    await stream.socket.send_bytes(b"\xff\x00")
    await stream.send(op=["ping"], req_id={"a": 1})
    refusal = await stream.next()
    await stream.send(op="subscribe", args={"topic": "x"})
    other = await stream.next()
    await stream.send(op="ping")

    assert refusal["ret_msg"] == "error:invalid op"
    assert other["success"] is False
    assert (await stream.next())["ret_msg"] == "pong"
