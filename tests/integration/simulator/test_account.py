"""The account over REST: wallet, mode, fees, money movements, funding."""

from decimal import Decimal

import aiohttp
import pytest

from support.raw_bybit import Control, RawClient, StartSimulator


async def test_the_wallet_is_valued_at_the_moment_it_is_read(
    client: RawClient, control: Control
) -> None:
    await client.place(qty="0.1")
    await control.price("BTCUSDT", "50500")
    row = (await client.get("/v5/account/wallet-balance", accountType="UNIFIED")).rows[0]
    coin = row["coin"][0]

    assert (coin["walletBalance"], coin["unrealisedPnl"]) == ("9997.25", "50")
    assert (row["totalWalletBalance"], row["totalPerpUPL"]) == ("9997.25", "50")
    assert row["totalMarginBalance"] == coin["equity"] == "10047.25"
    assert (coin["availableToWithdraw"], coin["availableToBorrow"]) == ("", "")


async def test_margin_rates_are_fractions_cut_to_four_places(
    client: RawClient, control: Control
) -> None:
    await client.place(qty="0.1")
    row = (await client.get("/v5/account/wallet-balance", accountType="UNIFIED")).rows[0]

    # Worked by hand at leverage 10: F = 5000 * 0.9 * 0.00055 = 2.475; IM = 502.475, MM = 27.475;
    # of 9997.25 that is 0.050261 and 0.0027482.
    assert (row["totalInitialMargin"], row["totalMaintenanceMargin"]) == ("502.475", "27.475")
    assert (row["accountIMRate"], row["accountMMRate"]) == ("0.0502", "0.0027")


@pytest.mark.parametrize("kind", ["CONTRACT", "SPOT", ""])
async def test_only_the_unified_wallet_exists(client: RawClient, kind: str) -> None:
    answer = await client.get("/v5/account/wallet-balance", accountType=kind)

    assert answer.code == 10001


async def test_coins_that_are_not_held_are_not_listed(client: RawClient) -> None:
    path = "/v5/account/wallet-balance"
    other = await client.get(path, accountType="UNIFIED", coin="BTC")
    both = await client.get(path, accountType="UNIFIED", coin="BTC,USDT")

    assert other.rows[0]["coin"] == []
    assert [coin["coin"] for coin in both.rows[0]["coin"]] == ["USDT"]


async def test_the_margin_mode_is_the_whole_accounts(client: RawClient) -> None:
    before = (await client.get("/v5/account/info")).result
    changed = await client.post("/v5/account/set-margin-mode", setMarginMode="ISOLATED_MARGIN")
    after = (await client.get("/v5/account/info")).result
    wallet = (await client.get("/v5/account/wallet-balance", accountType="UNIFIED")).rows[0]

    assert before["marginMode"] == "REGULAR_MARGIN"
    assert changed.result == {"reasons": []}
    assert after["marginMode"] == "ISOLATED_MARGIN"
    assert (wallet["totalAvailableBalance"], wallet["accountMMRate"]) == ("", "")


async def test_a_margin_mode_that_cannot_change_is_110073_with_reasons(client: RawClient) -> None:
    await client.place()
    answer = await client.post("/v5/account/set-margin-mode", setMarginMode="ISOLATED_MARGIN")

    assert answer.code == 110073
    assert answer.body["result"]["reasons"][0]["reasonCode"] == "110024"


async def test_portfolio_margin_is_refused(client: RawClient) -> None:
    answer = await client.post("/v5/account/set-margin-mode", setMarginMode="PORTFOLIO_MARGIN")

    assert answer.code == 10001


async def test_fee_rates_are_the_venues_unless_they_were_changed(
    client: RawClient, control: Control
) -> None:
    before = (await client.get("/v5/account/fee-rate", category="linear", symbol="BTCUSDT")).rows
    await control.do("fees", account="alice", maker="0.0001", taker="0.0004")
    after = (await client.get("/v5/account/fee-rate", category="linear")).rows

    assert [(row["takerFeeRate"], row["makerFeeRate"]) for row in before] == [("0.00055", "0.0002")]
    assert {row["takerFeeRate"] for row in after} == {"0.0004"}


async def test_funding_is_paid_by_longs_and_printed_with_opposite_signs(
    client: RawClient, control: Control
) -> None:
    await client.place(qty="0.1")
    await control.do("funding", symbol="BTCUSDT", rate="0.0001")
    execution = (
        await client.get("/v5/execution/list", category="linear", execType="Funding")
    ).rows[0]
    log = (await client.get("/v5/account/transaction-log", type="SETTLEMENT")).rows[0]
    history = (
        await client.get("/v5/market/funding/history", category="linear", symbol="BTCUSDT")
    ).rows

    # 0.1 * 50000 * 0.0001.
    assert (execution["execFee"], execution["orderType"]) == ("0.5", "UNKNOWN")
    assert (execution["closedSize"], execution["orderLinkId"]) == ("0.000", "")
    assert execution["execQty"] == "0.100"
    assert (log["funding"], log["change"]) == ("-0.5", "-0.5")
    assert [row["fundingRate"] for row in history] == ["0.0001"]


async def test_a_transaction_adds_up(client: RawClient) -> None:
    await client.place(qty="0.1")
    rows = (await client.get("/v5/account/transaction-log")).rows

    assert [row["type"] for row in rows] == ["TRADE", "TRANSFER_IN"]
    assert (rows[0]["fee"], rows[0]["change"]) == ("2.75", "-2.75")
    assert rows[0]["cashBalance"] == "9997.25"
    assert rows[0]["size"] == "0.1"


async def test_balances_can_differ_by_account(
    start_simulator: StartSimulator, session: aiohttp.ClientSession
) -> None:
    simulator = await start_simulator(balances={"carol": Decimal("250.5")})
    carol = RawClient(session, simulator.rest_url, "carol")
    dave = RawClient(session, simulator.rest_url, "dave")
    balances = [
        (await each.get("/v5/account/wallet-balance", accountType="UNIFIED")).rows[0]["coin"][0]
        for each in (carol, dave)
    ]

    assert [coin["walletBalance"] for coin in balances] == ["250.5", "10000"]
