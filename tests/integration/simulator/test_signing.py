"""Who may call: signatures over the bytes that came, times, keys."""

import json

import aiohttp
import pytest

from botrunner.simulator.bybit.auth import uid_of
from botrunner.simulator.server import Simulator
from support.raw_bybit import Control, RawClient, signature

WALLET = "/v5/account/wallet-balance"
QUERY = "accountType=UNIFIED&coin=USDT"


async def test_a_signed_call_opens_the_account_with_the_initial_balance(
    client: RawClient, control: Control
) -> None:
    before = await control.read("state")
    answer = await client.get(WALLET, accountType="UNIFIED")
    after = await control.read("state")

    assert before["accounts"] == {}
    assert answer.rows[0]["coin"][0]["walletBalance"] == "10000"
    assert after["accounts"] == {"alice": uid_of("alice")}


async def test_accounts_are_apart_from_one_another(
    simulator: Simulator, session: aiohttp.ClientSession, client: RawClient
) -> None:
    bob = RawClient(session, simulator.rest_url, "bob")
    await client.place()
    own = await client.get("/v5/position/list", category="linear", settleCoin="USDT")
    other = await bob.get("/v5/position/list", category="linear", settleCoin="USDT")

    assert len(own.rows) == 1
    assert other.rows == []


async def test_a_public_call_needs_no_signature(client: RawClient) -> None:
    answer = await client.get_raw("/v5/market/time", "", {})

    assert answer.code == 0
    assert int(answer.result["timeSecond"]) == answer.body["time"] // 1000


async def test_a_call_without_headers_is_told_what_is_empty(client: RawClient) -> None:
    answer = await client.get_raw(WALLET, QUERY, {})

    assert answer.status == 200
    assert answer.code == 10001
    assert answer.body["retMsg"] == "empty value: apiTimestamp[] apiKey[] apiSignature[]"


async def test_an_unknown_key_is_10003(simulator: Simulator, client: RawClient) -> None:
    client.key = "production-key"
    answer = await client.get(WALLET, accountType="UNIFIED")

    assert answer.code == 10003
    assert answer.body["retMsg"] == "API key is invalid."


async def test_a_wrong_signature_is_10004_and_names_what_was_signed(client: RawClient) -> None:
    client.secret = "not the secret"
    headers = client.signed_headers(QUERY)
    answer = await client.get_raw(WALLET, QUERY, headers)

    assert answer.code == 10004
    origin = f"{headers['X-BAPI-TIMESTAMP']}sim-alice5000{QUERY}"
    assert answer.body["retMsg"] == f"error sign! origin_string[{origin}]"


async def test_a_wrong_signature_opens_no_account(client: RawClient, control: Control) -> None:
    client.secret = "not the secret"
    await client.get(WALLET, accountType="UNIFIED")

    assert (await control.read("state"))["accounts"] == {}


@pytest.mark.parametrize("query", [QUERY, "coin=USDT&accountType=UNIFIED"])
async def test_a_query_is_signed_as_it_was_sent_and_never_sorted(
    client: RawClient, query: str
) -> None:
    answer = await client.get_raw(WALLET, query, client.signed_headers(query))

    assert answer.code == 0


async def test_a_body_is_signed_as_it_was_sent_spaces_included(client: RawClient) -> None:
    order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market"}
    spaced = json.dumps(order | {"qty": "0.01"}, indent=2)
    compact = json.dumps(order | {"qty": "0.01"}, separators=(",", ":"))
    as_sent = await client.post_raw("/v5/order/create", spaced, client.signed_headers(spaced))
    otherwise = await client.post_raw("/v5/order/create", spaced, client.signed_headers(compact))

    assert as_sent.code == 0
    assert otherwise.code == 10004


@pytest.mark.parametrize(
    ("shift_ms", "window", "code"),
    [
        (-4_000, 5_000, 0),
        (-6_000, 5_000, 10002),
        (-6_000, 60_000, 0),
        (500, 5_000, 0),
        (2_500, 5_000, 10002),
        (2_500, 60_000, 10002),
    ],
)
async def test_a_slow_clock_is_mended_by_a_larger_window_and_a_fast_one_is_not(
    client: RawClient, shift_ms: int, window: int, code: int
) -> None:
    headers = client.signed_headers(QUERY, shift_ms=shift_ms, window=window)
    answer = await client.get_raw(WALLET, QUERY, headers)

    assert answer.code == code


async def test_10002_carries_both_times_and_the_window(client: RawClient) -> None:
    headers = client.signed_headers(QUERY, shift_ms=-60_000)
    answer = await client.get_raw(WALLET, QUERY, headers)

    assert f"req_timestamp[{headers['X-BAPI-TIMESTAMP']}]" in answer.body["retMsg"]
    assert f"server_timestamp[{answer.body['time']}]"[:30] in answer.body["retMsg"]
    assert "recv_window[5000]" in answer.body["retMsg"]


async def test_the_receive_window_is_5000_when_it_is_not_named(client: RawClient) -> None:
    headers = client.signed_headers(QUERY)
    del headers["X-BAPI-RECV-WINDOW"]
    answer = await client.get_raw(WALLET, QUERY, headers)

    assert answer.code == 0


async def test_a_timestamp_that_is_no_number_is_refused_by_name(client: RawClient) -> None:
    headers = client.signed_headers(QUERY) | {"X-BAPI-TIMESTAMP": "yesterday"}
    answer = await client.get_raw(WALLET, QUERY, headers)

    assert answer.code == 10001
    assert "X-BAPI-TIMESTAMP" in answer.body["retMsg"]


async def test_the_key_says_who_it_is_and_what_it_may(client: RawClient) -> None:
    answer = await client.get("/v5/user/query-api")

    assert answer.result["userID"] == uid_of("alice")
    assert answer.result["apiKey"] == "sim-alice"
    assert answer.result["readOnly"] == 0
    assert answer.result["permissions"]["ContractTrade"] == ["Order", "Position"]
    assert answer.result["permissions"]["Wallet"] == []
    assert client.secret not in json.dumps(answer.body)


async def test_an_unknown_path_is_10017(client: RawClient) -> None:
    answer = await client.get("/v5/order/teleport")

    assert answer.status == 404
    assert answer.code == 10017


async def test_a_body_that_is_no_json_object_is_refused(client: RawClient) -> None:
    text = "category=linear"
    answer = await client.post_raw("/v5/order/create", text, client.signed_headers(text))

    assert answer.code == 10001
    assert "JSON" in answer.body["retMsg"]


def test_a_signature_is_lower_case_hex_of_64_characters() -> None:
    assert len(signature("secret", "text")) == 64
