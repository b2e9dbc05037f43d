"""The control API: prices, steps, the log, the ledger, and who may use it."""

import json
from typing import Any

import aiohttp
import pytest

from botrunner.simulator.control.act import ControlError
from botrunner.simulator.control.commands import COMMANDS
from botrunner.simulator.server import Simulator
from support.raw_bybit import Control, RawClient, StartSimulator
from support.steady_prices import SteadyPrices, price_step


async def test_the_first_page_describes_every_command(control: Control) -> None:
    page = await control.read("")

    assert set(page["commands"]) == {f"POST /{name}" for name in COMMANDS}
    assert all(described["does"] for described in page["commands"].values())
    assert "GET /requests" in page["read"]


async def refusal(session: aiohttp.ClientSession, url: str, **kwargs: Any) -> tuple[int, str]:
    async with session.post(url, **kwargs) as response:
        return response.status, (await response.json())["error"]


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("price", {"symbol": "BTCUSDT"}, "last"),
    ("price", {"symbol": "BTCUSDT", "last": "-1"}, "last"),
    ("price", {"symbol": "ETHUSDT", "last": "1"}, "symbol"),
    ("price", {"symbol": "BTCUSDT", "last": "1", "colour": "red"}, "colour"),
    ("step", {"count": 0}, "count"),
    ("delay", {"milliseconds": "soon"}, "milliseconds"),
    ("money", {"account": "alice", "amount": "-99999"}, "amount"),
    ("teleport", {}, "teleport"),
]


@pytest.mark.parametrize(("command", "body", "field"), WRONG)
async def test_a_wrong_command_is_refused_by_field(
    simulator: Simulator,
    session: aiohttp.ClientSession,
    command: str,
    body: dict[str, object],
    field: str,
) -> None:
    status, text = await refusal(session, f"{simulator.control_url}/{command}", json=body)

    assert status == 400
    assert field in text


async def test_a_body_that_is_no_object_is_refused(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    status, text = await refusal(session, f"{simulator.control_url}/step", data="[1]")

    assert (status, text) == (400, "body: a JSON object is needed")


async def test_something_that_cannot_be_read_says_where_the_list_is(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{simulator.control_url}/weather") as response:
        body = await response.json()

    assert response.status == 400
    assert "GET /" in body["error"]


async def test_a_command_can_be_given_without_the_socket(simulator: Simulator) -> None:
    done = await simulator.command("price", {"symbol": "BTCUSDT", "last": "50100"})

    assert done == {"done": True}
    with pytest.raises(ControlError, match="symbol"):
        await simulator.command("price", {"last": "50100"})


async def test_a_token_is_asked_for_where_one_is_set(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    simulator = await start_simulator(control_token="let-me-in")
    url = f"{simulator.control_url}/state"
    statuses = []
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer let-me-in"}):
        async with session.get(url, headers=headers) as response:
            statuses.append(response.status)

    assert statuses == [401, 401, 200]


async def test_without_a_token_the_control_api_listens_on_loopback_only(
    start_simulator: StartSimulator,
) -> None:
    simulator = await start_simulator(host="0.0.0.0")

    assert simulator.control_url.startswith("http://127.0.0.1:")


async def test_prices_can_be_stepped_paused_and_resumed(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    steps = [price_step("BTCUSDT", str(50_000 + number), number) for number in range(1, 6)]
    simulator = await start_simulator(source=SteadyPrices(then=steps))
    control = Control(session, simulator.control_url)
    taken = await control.do("step", count=3)
    state = await control.read("state")
    rest = await control.do("step", count=10)
    nothing = await control.do("step")

    assert taken == {"taken": 3}
    assert state["paused"] is True
    assert state["prices"]["BTCUSDT"]["last"] == "50003"
    assert (rest, nothing) == ({"taken": 2}, {"taken": 0})


async def test_a_paused_source_moves_when_it_is_resumed(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    steps = [price_step("BTCUSDT", "50001", 0.001)]
    simulator = await start_simulator(source=SteadyPrices(then=steps))
    control = Control(session, simulator.control_url)
    await control.do("speed", speed="1000")
    before = await control.read("state")
    await control.do("resume")
    while (await control.read("state"))["prices"]["BTCUSDT"]["last"] != "50001":
        pass
    await control.do("pause")

    assert before["prices"]["BTCUSDT"]["last"] == "50000"
    assert (await control.read("state"))["paused"] is True


async def test_the_log_holds_every_request_and_no_secret(
    client: RawClient, control: Control
) -> None:
    await client.get("/v5/market/tickers", category="linear")
    await client.place(orderLinkId="mine")
    await client.place(side="nowhere")
    log = await control.read("requests")
    records = log["requests"]

    assert log["count"] == 3
    assert [record["number"] for record in records] == [1, 2, 3]
    assert [record["retCode"] for record in records] == [0, 0, 10001]
    assert records[1]["account"] == "alice"
    assert (records[1]["method"], records[1]["path"]) == ("POST", "/v5/order/create")
    assert records[1]["body"]["orderLinkId"] == "mine"
    assert records[2]["retMsg"] == "params error: side invalid"
    text = json.dumps(log)
    assert client.secret not in text
    assert client.signed_headers("")["X-BAPI-SIGN"] not in text


async def test_the_log_can_be_read_by_account_path_and_number(
    simulator: Simulator, session: aiohttp.ClientSession, client: RawClient, control: Control
) -> None:
    bob = RawClient(session, simulator.rest_url, "bob")
    for each in (client, bob, client):
        await each.get("/v5/account/info")
    await client.place()
    of_alice = (await control.read("requests", account="alice"))["requests"]
    orders = (await control.read("requests", path="/v5/order/create"))["requests"]
    later = (await control.read("requests", after="2", limit="1"))["requests"]

    assert [record["number"] for record in of_alice] == [1, 3, 4]
    assert [record["number"] for record in orders] == [4]
    assert [record["number"] for record in later] == [3]


async def test_a_secret_in_a_query_is_not_kept(client: RawClient, control: Control) -> None:
    await client.get_raw("/v5/market/time", "api_key=abc&sign=def&category=linear", {})
    record = (await control.read("requests"))["requests"][0]

    assert record["query"] == "api_key=***&sign=***&category=linear"


async def test_the_log_drops_the_oldest_when_it_is_full(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    simulator = await start_simulator(request_log_size=2)
    client = RawClient(session, simulator.rest_url)
    for _ in range(3):
        await client.get("/v5/account/info")
    log = await Control(session, simulator.control_url).read("requests")

    assert log["count"] == 3
    assert [record["number"] for record in log["requests"]] == [2, 3]


async def test_the_ledger_is_the_venues_own(client: RawClient, control: Control) -> None:
    await client.place(takeProfit="55000", orderLinkId="mine")
    ledger = await control.ledger()

    assert ledger["wallet"]["walletBalance"] == "9999.725"
    assert ledger["positions"][0]["stops"]["takeProfit"] == "55000"
    assert [order["status"] for order in ledger["openOrders"]] == ["Untriggered"]
    assert [order["linkId"] for order in ledger["closedOrders"]] == ["mine"]
    assert ledger["executions"][0]["fee"] == "0.275"
    assert [entry["transactionType"] for entry in ledger["transactions"]] == [
        "TransferIn",
        "Trade",
    ]


async def test_the_ledger_of_nobody_names_who_there_is(
    simulator: Simulator, session: aiohttp.ClientSession, client: RawClient
) -> None:
    await client.get("/v5/account/info")
    async with session.get(f"{simulator.control_url}/ledger?account=bob") as response:
        body = await response.json()

    assert response.status == 400
    assert "alice" in body["error"]


async def test_money_can_be_put_in_and_taken_out(client: RawClient, control: Control) -> None:
    await client.get("/v5/account/info")
    await control.do("money", account="alice", amount="500.5")
    await control.do("money", account="alice", amount="-100")
    row = (await client.get("/v5/account/wallet-balance", accountType="UNIFIED")).rows[0]
    log = (await client.get("/v5/account/transaction-log")).rows

    assert row["coin"][0]["walletBalance"] == "10400.5"
    assert [entry["type"] for entry in log] == ["TRANSFER_OUT", "TRANSFER_IN", "TRANSFER_IN"]


async def test_a_funding_rate_can_be_changed_without_settling(
    client: RawClient, control: Control
) -> None:
    await client.place()
    await control.do("funding", symbol="BTCUSDT", rate="-0.002", settle=False)
    ticker = (await client.get("/v5/market/tickers", category="linear", symbol="BTCUSDT")).rows[0]
    ledger = await control.ledger()

    assert ticker["fundingRate"] == "-0.002"
    assert [entry["transactionType"] for entry in ledger["transactions"]] == [
        "TransferIn",
        "Trade",
    ]
