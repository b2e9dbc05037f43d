"""Fees, realised results, entry prices, funding: what reaches the wallet, worked by hand."""

import pytest

from botrunner.venue.commands import OpenAccount, SetFees, SettleFunding
from botrunner.venue.settings import FeeRates, VenueSettings
from botrunner.venue.vocabulary import ExecutionType, Side, TransactionType
from unit.venue.desk import BUY, SELL, D, Desk, contract, fills, placed


def test_a_round_trip_leaves_the_gross_result_less_both_fees() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    desk.price("50500")
    order = placed(desk.order(SELL, "0.1"))
    (record,) = desk.venue.closed_pnl("a")

    # 50 - 2.75 - 2.7775
    assert desk.wallet().wallet_balance == D("10044.4725")
    assert (record.closed_pnl, record.open_fee, record.close_fee) == (
        D("44.4725"),
        D("2.75"),
        D("2.7775"),
    )
    assert (record.entry_price, record.exit_price) == (D(50000), D(50500))
    assert order.closed_pnl == D("44.4725")


def test_closing_a_part_takes_its_share_of_entry_and_opening_fee() -> None:
    desk = Desk()
    placed(desk.order(SELL, "0.3"))
    desk.price("49000")
    (fill,) = fills(desk.order(BUY, "0.1").events)
    (record,) = desk.venue.closed_pnl("a")

    assert (fill.pnl, fill.closed_quantity) == (D(100), D("0.1"))
    # Opening fee 8.25, a third of it; closing 4,900 * 0.00055.
    assert (record.open_fee, record.close_fee) == (D("2.75"), D("2.695"))
    assert desk.position().entry_price == D(50000)
    assert desk.position().unrealised_pnl == D(200)


def test_the_entry_price_is_the_average_of_what_is_held() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    desk.price("51000")
    placed(desk.order(BUY, "0.2"))

    # (5,000 + 10,200) / 0.3, which has no end
    assert desk.position().entry_value == D(15200)
    assert round(desk.position().entry_price, 4) == D("50666.6667")


def test_a_part_closed_at_an_endless_entry_is_rounded_and_nothing_is_lost() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    desk.price("51000")
    placed(desk.order(BUY, "0.2"))
    (first,) = fills(desk.order(SELL, "0.1").events)
    (second,) = fills(desk.order(SELL, "0.2").events)

    # 5,100 - 15,200 / 3 to 8 places, and the rest of 100
    assert first.pnl == D("33.33333333")
    assert first.pnl + second.pnl == D(100)


def test_a_fill_through_a_flip_pays_for_both_of_its_parts() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    (fill,) = fills(desk.order(SELL, "0.3").events)
    (record,) = desk.venue.closed_pnl("a")

    assert (fill.closed_quantity, fill.fee) == (D("0.1"), D("8.25"))
    assert record.close_fee == D("2.75")
    assert desk.position().size == D("-0.2")
    # Of the new position: only the fee of opening it.
    assert desk.position().realised_pnl == D("-5.5")
    assert desk.position().total_realised_pnl == D("-11")


@pytest.mark.parametrize(
    ("value", "fee"),
    [("0.00000001", "0.00000001"), ("0.000000015", "0.00000002"), ("0.000000025", "0.00000002")],
)
def test_fees_are_rounded_half_to_even_at_eight_places(value: str, fee: str) -> None:
    fees = FeeRates(maker=D(0), taker=D(value))
    desk = Desk(
        instruments=[contract(tick_size=D(1), quantity_step=D(1), min_notional=D(0))],
        settings=VenueSettings(fees=fees),
        price="1",
    )
    (fill,) = fills(desk.order(BUY, "1").events)

    assert fill.fee == D(fee)


def test_a_negative_maker_rate_is_paid_to_the_account() -> None:
    desk = Desk(settings=VenueSettings(fees=FeeRates(maker=D("-0.0001"), taker=D("0.001"))))
    placed(desk.order(BUY, "0.1", "49000"))
    desk.price("49000")

    assert desk.wallet().wallet_balance == D("10000.49")
    assert desk.venue.conservation().difference == 0


def test_an_account_has_its_own_fees_from_the_start_or_from_a_change_on() -> None:
    desk = Desk()
    cheap = FeeRates(maker=D(0), taker=D("0.0001"))
    desk.do(OpenAccount(account="b", balance=D(10000), fees=cheap))
    (of_b,) = fills(desk.order(BUY, "0.1", name="b").events)
    desk.do(SetFees(account="a", fees=cheap))
    (of_a,) = fills(desk.order(BUY, "0.1").events)

    assert of_a.fee == of_b.fee == D("0.5")
    assert desk.venue.account("a").fees == cheap


@pytest.mark.parametrize(
    ("side", "rate", "payment"),
    [(BUY, "0.0001", "0.51"), (SELL, "0.0001", "-0.51"), (BUY, "-0.0001", "-0.51")],
)
def test_longs_pay_funding_when_the_rate_is_positive(side: Side, rate: str, payment: str) -> None:
    desk = Desk()
    placed(desk.order(side, "0.1"))
    desk.price("50000", mark="51000")
    before = desk.wallet().wallet_balance
    (paid,) = fills(desk.do(SettleFunding(symbol="BTCUSDT", rate=D(rate))).events)
    logged = desk.venue.transactions("a")[-1]

    # 0.1 * 51,000 * 0.0001
    assert (paid.execution_type, paid.fee) == (ExecutionType.FUNDING, D(payment))
    assert (paid.price, paid.quantity) == (D(51000), D("0.1"))
    assert (paid.side, paid.fee_rate) == (side, D(payment) / 5100)
    assert (paid.order_type, paid.create_type) == (None, None)
    assert paid.closed_quantity == 0
    assert before - desk.wallet().wallet_balance == D(payment)
    assert (logged.transaction_type, logged.funding) == (
        TransactionType.FUNDING,
        -D(payment),
    )
    assert logged.fee == 0


def test_funding_counts_in_the_realised_result_but_not_in_closed_pnl() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    desk.do(SettleFunding(symbol="BTCUSDT", rate=D("0.0001")))

    assert desk.position().realised_pnl == D("-3.25")

    placed(desk.order(SELL, "0.1"))
    (record,) = desk.venue.closed_pnl("a")

    assert record.closed_pnl == D("-5.5")


def test_funding_of_a_hedge_is_charged_on_each_side() -> None:
    desk = Desk()
    desk.hedge()
    placed(desk.order(BUY, "0.2", idx=1))
    placed(desk.order(SELL, "0.1", idx=2))
    payments = fills(desk.do(SettleFunding(symbol="BTCUSDT", rate=D("0.0001"))).events)

    assert [(p.position_idx, p.fee) for p in payments] == [(1, D(1)), (2, D("-0.5"))]


def test_flat_accounts_pay_no_funding() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1", "49000"))

    assert desk.do(SettleFunding(symbol="BTCUSDT", rate=D("0.01"))).events == ()


def test_every_movement_of_the_wallet_is_logged_with_the_balance_after_it() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    desk.price("50500")
    placed(desk.order(SELL, "0.1"))
    opened, bought, sold = desk.venue.transactions("a")

    assert (opened.transaction_type, opened.change) == (
        TransactionType.TRANSFER_IN,
        D(10000),
    )
    assert (bought.change, bought.position_size) == (D("-2.75"), D("0.1"))
    assert (sold.cash_flow, sold.fee, sold.change) == (D(50), D("2.7775"), D("47.2225"))
    assert sold.balance == D("10044.4725")


def test_history_forgets_the_oldest_beyond_its_limit() -> None:
    desk = Desk(settings=VenueSettings(history_limit=2))
    orders = [placed(desk.order(BUY, "0.001", link_id=f"x{n}")) for n in range(3)]

    assert [o.order_id for o in desk.venue.closed_orders("a")] == [o.order_id for o in orders[1:]]
    assert len(desk.venue.executions("a")) == 2
    assert desk.venue.order("a", link_id="x0") is None
    assert desk.venue.order("a", order_id=orders[0].order_id) is None
    assert placed(desk.order(BUY, "0.001", link_id="x0"))


def test_the_opening_fee_is_shared_out_once() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.3"))
    placed(desk.order(SELL, "0.1"))
    placed(desk.order(SELL, "0.2"))

    assert [r.open_fee for r in desk.venue.closed_pnl("a")] == [D("2.75"), D("5.5")]


def test_new_fees_change_the_margin_of_what_is_open() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1", "49000"))
    before = desk.wallet().order_initial_margin
    desk.do(SetFees(account="a", fees=FeeRates(maker=D(0), taker=D(0))))

    assert before > D(490)
    assert desk.wallet().order_initial_margin == D(490)
