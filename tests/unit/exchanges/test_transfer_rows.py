"""RI-31: which rows of the transaction log are transfers, and what they are worth."""

from decimal import Decimal as D

import pytest

from botrunner.exchanges.bybit import mapper_transfers
from botrunner.exchanges.errors import MessageError


def row(**changes: object) -> dict[str, object]:
    """A deposit of 500 USDT, as the venue logs it."""
    return {
        "id": "592324_XRPUSDT_161440249321",
        "symbol": "",
        "category": "",
        "type": "TRANSFER_IN",
        "transactionTime": "1767268800000",
        "currency": "USDT",
        "cashFlow": "500",
        "change": "500",
        "cashBalance": "1500",
        **changes,
    }


@pytest.mark.parametrize("kind", ["TRANSFER_IN", "TRANSFER_OUT", "DEPOSIT", "WITHDRAW", "AIRDROP"])
def test_money_that_moves_in_or_out_is_a_transfer(kind: str) -> None:
    """RI-31."""
    assert mapper_transfers.is_transfer(row(type=kind))


@pytest.mark.parametrize("kind", ["TRADE", "SETTLEMENT", "LIQUIDATION", "INTEREST", "NEWS"])
def test_a_result_of_trading_or_an_unknown_booking_is_no_transfer(kind: str) -> None:
    """RI-31: a loss is never explained away."""
    assert not mapper_transfers.is_transfer(row(type=kind))


def test_a_coin_other_than_usdt_counts_at_its_price_of_that_minute() -> None:
    """RI-31."""
    moved = row(currency="BTC", change="-0.5")
    answer = {"list": [["1767268800000", "90000", "90100", "89900", "90050", "1", "90050"]]}
    price = mapper_transfers.price_of(answer, "BTC")

    at = mapper_transfers.needs_price(moved)
    assert at is not None and at.timestamp() == 1767268800
    assert mapper_transfers.transfer(moved, price).amount == D("-45025.0")


def test_usdt_needs_no_price() -> None:
    """RI-31."""
    assert mapper_transfers.needs_price(row()) is None


@pytest.mark.parametrize("answer", [{"list": []}, {"list": ["no"]}, {"list": [["1", "2"]]}, {}])
def test_a_price_is_never_made_up(answer: dict[str, object]) -> None:
    """EX-10."""
    with pytest.raises(MessageError):
        mapper_transfers.price_of(answer, "BTC")
