"""The account as pybit reads it: wallet, settings, fees, key, money movements."""

from pybit.unified_trading import HTTP

from contract.bybit.clients import http
from contract.bybit.ledger import list_mismatch, wallet_mismatch
from contract.bybit.shapes import checked
from contract.bybit.test_orders import XRP, buy
from support.simulator import RunningSimulator, running_simulator


def test_a_new_account_has_its_initial_balance(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-31."""
    answer = alice.get_wallet_balance(accountType="UNIFIED", coin="USDT")
    (row,) = checked("http_get_wallet_balance", answer)["list"]
    (coin,) = row["coin"]

    assert (row["totalEquity"], row["totalAvailableBalance"]) == ("10000", "10000")
    assert (row["accountIMRate"], row["accountMMRate"]) == ("0", "0")
    assert (coin["walletBalance"], coin["availableToWithdraw"]) == ("10000", "")
    assert wallet_mismatch(simulator, "alice", row) == []


def test_margins_of_an_order_and_a_position_are_in_the_wallet(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-32: 190 resting at 10x costs 19 + 0.1045 to open + 0.09405 to close."""
    buy(alice)
    (resting,) = alice.get_wallet_balance(accountType="UNIFIED")["result"]["list"]
    buy(alice, orderType="Market", price=None)
    (held,) = alice.get_wallet_balance(accountType="UNIFIED")["result"]["list"]

    assert resting["coin"][0]["totalOrderIM"] == "19.19855"
    assert resting["totalAvailableBalance"] == "9980.80145"
    assert held["coin"][0]["walletBalance"] == "9999.89"
    assert held["coin"][0]["totalPositionIM"] == "20.099"
    assert wallet_mismatch(simulator, "alice", held) == []


def test_accounts_are_strangers_to_each_other(simulator: RunningSimulator, alice: HTTP) -> None:
    """BW-33."""
    buy(alice)
    bob = http(simulator, "bob")

    assert bob.get_open_orders(**XRP)["result"]["list"] == []
    assert (
        bob.get_api_key_information()["result"]["userID"]
        != (alice.get_api_key_information()["result"]["userID"])
    )


def test_a_key_may_trade_and_not_withdraw(alice: HTTP) -> None:
    """BW-34."""
    result = checked("http_get_user_query_api", alice.get_api_key_information())

    assert result["readOnly"] == 0
    assert {"Order", "Position"} <= set(result["permissions"]["ContractTrade"])
    assert "Withdraw" not in result["permissions"]["Wallet"]


def test_account_settings_and_fees(alice: HTTP) -> None:
    """BW-35."""
    info = checked("http_get_account_info", alice.get_account_info())
    (fee,) = checked("http_get_fee_rate", alice.get_fee_rates(**XRP))["list"]

    assert info["marginMode"] == "REGULAR_MARGIN"
    assert (fee["takerFeeRate"], fee["makerFeeRate"]) == ("0.00055", "0.0002")


def test_the_margin_mode_is_the_accounts(alice: HTTP) -> None:
    """BW-36."""
    alice.set_margin_mode(setMarginMode="ISOLATED_MARGIN")

    assert alice.get_account_info()["result"]["marginMode"] == "ISOLATED_MARGIN"


def test_every_movement_of_money_is_in_the_transaction_log(
    simulator: RunningSimulator, alice: HTTP
) -> None:
    """BW-37."""
    buy(alice, orderType="Market", price=None)
    rows = alice.get_transaction_log(accountType="UNIFIED")["result"]["list"]
    (trade,) = [row for row in rows if row["type"] == "TRADE"]

    assert (trade["fee"], trade["change"], trade["cashBalance"]) == ("0.11", "-0.11", "9999.89")
    assert (trade["qty"], trade["size"]) == ("100", "100")
    assert list_mismatch(simulator, "alice", "transactions", rows) == []


def test_balances_of_a_scenario_are_the_accounts_own() -> None:
    """BW-38."""
    with running_simulator("step: true\naccounts: [{name: poor, balance: 12.5}]") as simulator:
        (row,) = http(simulator, "poor").get_wallet_balance(accountType="UNIFIED")["result"]["list"]

    assert row["totalEquity"] == "12.5"
