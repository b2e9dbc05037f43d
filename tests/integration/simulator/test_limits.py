"""Rate limits: per user and endpoint, per address, per connection."""

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from botrunner.service.clock import ManualClock
from botrunner.simulator.bybit.wire import milliseconds
from botrunner.simulator.server import Simulator
from support.raw_bybit import Control, OpenStream, RawClient, StartSimulator

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CANCEL_ALL = {"category": "linear", "symbol": "BTCUSDT"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def simulator(start_simulator: StartSimulator, clock: ManualClock) -> Simulator:
    return await start_simulator(clock)


@pytest.fixture
def client(simulator: Simulator, session: aiohttp.ClientSession, clock: ManualClock) -> RawClient:
    return RawClient(session, simulator.rest_url, clock=clock)


async def test_headers_count_down_what_is_left_of_the_second(client: RawClient) -> None:
    answers = [await client.post("/v5/order/cancel-all", **CANCEL_ALL) for _ in range(3)]

    assert [each.headers["X-Bapi-Limit"] for each in answers] == ["10", "10", "10"]
    assert [each.headers["X-Bapi-Limit-Status"] for each in answers] == ["9", "8", "7"]
    reset = {each.headers["X-Bapi-Limit-Reset-Timestamp"] for each in answers}
    assert reset == {str(milliseconds(NOON))}


async def test_the_eleventh_order_of_a_second_is_10006_with_a_reset_in_the_future(
    client: RawClient,
) -> None:
    codes = [(await client.place(qty="0.001")).code for _ in range(10)]
    refused = await client.place(qty="0.001")

    assert codes == [0] * 10
    assert (refused.status, refused.code) == (200, 10006)
    assert refused.body["retMsg"] == "Too many visits!"
    assert refused.headers["X-Bapi-Limit-Status"] == "0"
    assert int(refused.headers["X-Bapi-Limit-Reset-Timestamp"]) > refused.body["time"]


async def test_a_refused_order_is_not_placed(client: RawClient, clock: ManualClock) -> None:
    for _ in range(12):
        await client.place(qty="0.001")
    await clock.advance(timedelta(seconds=2))
    position = await client.get("/v5/position/list", category="linear", symbol="BTCUSDT")

    assert position.rows[0]["size"] == "0.010"


async def test_the_second_rolls(client: RawClient, clock: ManualClock) -> None:
    for _ in range(5):
        await client.place(qty="0.001")
    await clock.advance(timedelta(milliseconds=600))
    for _ in range(5):
        await client.place(qty="0.001")
    full = await client.place(qty="0.001")
    await clock.advance(timedelta(milliseconds=401))
    again = [(await client.place(qty="0.001")).code for _ in range(6)]

    assert full.code == 10006
    assert again == [0, 0, 0, 0, 0, 10006]


async def test_after_the_reset_time_the_next_request_passes(
    client: RawClient, clock: ManualClock
) -> None:
    for _ in range(10):
        await client.place(qty="0.001")
    refused = await client.place(qty="0.001")
    wait_ms = int(refused.headers["X-Bapi-Limit-Reset-Timestamp"]) - refused.body["time"]
    await clock.advance(timedelta(milliseconds=wait_ms))

    assert (await client.place(qty="0.001")).code == 0


async def test_endpoints_and_users_have_seconds_of_their_own(
    client: RawClient, simulator: Simulator, session: aiohttp.ClientSession, clock: ManualClock
) -> None:
    bob = RawClient(session, simulator.rest_url, "bob", clock)
    for _ in range(11):
        await client.place(qty="0.001")
    other_endpoint = await client.post("/v5/order/cancel-all", **CANCEL_ALL)
    other_user = await bob.place(qty="0.001")

    assert other_endpoint.code == 0
    assert other_user.code == 0


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/v5/account/fee-rate", 5),
        ("/v5/user/query-api", 10),
        ("/v5/account/transaction-log", 25),
        ("/v5/position/closed-pnl", 50),
    ],
)
async def test_each_endpoint_has_its_own_limit(client: RawClient, path: str, limit: int) -> None:
    codes = [(await client.get(path, category="linear")).code for _ in range(limit + 1)]

    assert codes == [0] * limit + [10006]


async def test_too_many_requests_from_one_address_are_403_for_ten_minutes(
    client: RawClient, clock: ManualClock
) -> None:
    statuses = [(await client.get_raw("/v5/market/time", "", {})).status for _ in range(601)]
    await clock.advance(timedelta(minutes=9, seconds=59))
    still = await client.get_raw("/v5/market/time", "", {})
    await clock.advance(timedelta(seconds=2))
    lifted = await client.get_raw("/v5/market/time", "", {})

    assert statuses == [200] * 600 + [403]
    assert still.status == 403
    assert "access too frequent" in still.body
    assert lifted.status == 200


async def test_six_hundred_requests_in_more_than_five_seconds_are_let_through(
    client: RawClient, clock: ManualClock
) -> None:
    statuses = set()
    for _ in range(3):
        statuses |= {(await client.get_raw("/v5/market/time", "", {})).status for _ in range(300)}
        await clock.advance(timedelta(seconds=3))

    assert statuses == {200}


async def test_a_pardon_lifts_a_ban(
    client: RawClient, simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    control = Control(session, simulator.control_url)
    await control.do("ban")
    banned = await client.get_raw("/v5/market/time", "", {})
    await control.do("clear")

    assert banned.status == 403
    assert (await client.get_raw("/v5/market/time", "", {})).status == 200


async def test_the_501st_stream_connection_in_five_minutes_is_refused(
    simulator: Simulator, open_stream: OpenStream
) -> None:
    for _ in range(500):
        stream = await open_stream(simulator.public_url)
        await stream.socket.close()

    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await open_stream(simulator.public_url)
    assert refusal.value.status == 403


async def test_limits_can_be_off_and_then_the_headers_say_so(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    simulator = await start_simulator(rate_limits=False)
    client = RawClient(session, simulator.rest_url)
    answers = [await client.place(qty="0.001") for _ in range(20)]

    assert {each.code for each in answers} == {0}
    assert answers[-1].headers["X-Bapi-Limit-Status"] == "10"
