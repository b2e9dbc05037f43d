"""What the venue refuses: a refusal changes nothing and says why."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from botrunner.venue.commands import (
    AmendOrder,
    ApplyMoney,
    CancelOrder,
    Command,
    MovePrice,
    OpenAccount,
    PlaceOrder,
    PrintTrade,
    SetBandAdjustment,
    SetBook,
    SettleFunding,
    SetTradingStop,
)
from botrunner.venue.refusals import RefusalReason
from botrunner.venue.settings import ExcessClose, VenueSettings
from botrunner.venue.vocabulary import (
    OrderStatus,
    OrderType,
    PositionIdx,
    PriceKind,
    Side,
    TriggerDirection,
)
from unit.venue.desk import BUY, SELL, D, Desk, contract, placed, refused

R = RefusalReason
RISE, FALL = TriggerDirection.RISE, TriggerDirection.FALL
PLAIN = PlaceOrder(
    account="a",
    symbol="BTCUSDT",
    side=Side.BUY,
    order_type=OrderType.LIMIT,
    quantity=D("0.1"),
    price=D(49000),
)

TABLE: tuple[tuple[str, dict[str, object], RefusalReason], ...] = (
    ("no account", {"account": "nobody"}, R.ACCOUNT_UNKNOWN),
    ("no symbol", {"symbol": "NOUSDT"}, R.SYMBOL_UNKNOWN),
    ("an index of hedge mode", {"position_idx": PositionIdx.LONG}, R.POSITION_IDX_MISMATCH),
    ("no quantity", {"quantity": D(0)}, R.QUANTITY_INVALID),
    ("a negative quantity", {"quantity": D(-1)}, R.QUANTITY_INVALID),
    ("a quantity off the step", {"quantity": D("0.0015")}, R.QUANTITY_INVALID),
    ("too much", {"quantity": D(1001)}, R.QUANTITY_ABOVE_MAXIMUM),
    ("no price", {"price": None}, R.PRICE_INVALID),
    ("a price off the tick", {"price": D("49000.05")}, R.PRICE_INVALID),
    ("a price of nothing", {"price": D(0)}, R.PRICE_INVALID),
    ("a price out of range", {"price": D(2_000_000)}, R.PRICE_OUT_OF_RANGE),
    ("too little value", {"quantity": D("0.001"), "price": D(4999)}, R.NOTIONAL_BELOW_MINIMUM),
    ("reduce-only when flat", {"reduce_only": True}, R.REDUCE_ONLY_NO_POSITION),
    ("more than the account has", {"quantity": D(3)}, R.INSUFFICIENT_BALANCE),
    ("a trigger without direction", {"trigger_price": D(51000)}, R.TRIGGER_INVALID),
    (
        "a trigger off the tick",
        {"trigger_price": D("51000.01"), "trigger_direction": RISE},
        R.TRIGGER_INVALID,
    ),
    (
        "a rise to where the price is",
        {"trigger_price": D(50000), "trigger_direction": RISE},
        R.TRIGGER_NOT_ABOVE,
    ),
    (
        "a fall to where the price is",
        {"trigger_price": D(50000), "trigger_direction": FALL},
        R.TRIGGER_NOT_BELOW,
    ),
    ("a take profit below a buy", {"take_profit": D(48000)}, R.TAKE_PROFIT_WRONG_SIDE),
    ("a stop loss above a buy", {"stop_loss": D(49500)}, R.STOP_LOSS_WRONG_SIDE),
    ("a stop loss off the tick", {"stop_loss": D("48000.01")}, R.PRICE_INVALID),
)


@pytest.mark.parametrize(
    ("changes", "reason"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_an_order_is_refused_for(changes: Mapping[str, object], reason: RefusalReason) -> None:
    desk = Desk()
    refusal = refused(desk.do(replace(PLAIN, **changes)))  # type: ignore[arg-type]  # by name

    assert refusal.reason is reason
    assert desk.venue.open_orders("a") == ()
    assert desk.wallet().available == D(10000)


def test_the_plain_order_of_the_table_is_taken() -> None:
    assert placed(Desk().do(PLAIN)).price == D(49000)


def test_an_insufficient_balance_says_what_is_needed_and_what_there_is() -> None:
    desk = Desk(balance="1000")
    refusal = refused(desk.order(BUY, "0.2", "50000"))

    # 10,000 * (0.1 + 0.00055 + 0.9 * 0.00055)
    assert (refusal.value, refusal.limit) == (D("1010.45"), D(1000))


def test_the_client_id_of_an_order_is_used_once_even_after_the_order_ended() -> None:
    desk = Desk()
    first = placed(desk.order(BUY, "0.1", "49000", link_id="x"))
    again = refused(desk.order(BUY, "0.1", "49000", link_id="x"))
    desk.cancel(first)
    later = refused(desk.order(BUY, "0.1", "49000", link_id="x"))

    assert again.reason is later.reason is R.LINK_ID_DUPLICATE


def test_another_account_may_use_the_same_client_id() -> None:
    desk = Desk()
    desk.open("b", "10000")
    placed(desk.order(BUY, "0.1", "49000", link_id="x"))

    assert placed(desk.order(BUY, "0.1", "49000", link_id="x", name="b")).link_id == "x"


def test_active_orders_are_capped_by_account_and_symbol() -> None:
    desk = Desk(settings=VenueSettings(max_active_orders=2))
    orders = [placed(desk.order(BUY, "0.001", "49000")) for _ in range(2)]
    refusal = refused(desk.order(BUY, "0.001", "49000"))
    desk.cancel(orders[0])

    assert (refusal.reason, refusal.limit) == (R.TOO_MANY_ACTIVE_ORDERS, D(2))
    assert placed(desk.order(BUY, "0.001", "49000"))


def test_the_eleventh_conditional_order_is_refused() -> None:
    desk = Desk()
    for _ in range(10):
        placed(desk.order(BUY, "0.1", trigger_price=D(51000), trigger_direction=RISE))
    refusal = refused(desk.order(BUY, "0.1", trigger_price=D(51000), trigger_direction=RISE))

    assert (refusal.reason, refusal.limit) == (R.TOO_MANY_CONDITIONAL_ORDERS, D(10))


def test_the_stops_of_a_position_do_not_count_as_conditional_orders() -> None:
    desk = Desk(settings=VenueSettings(max_conditional_orders=1))
    placed(desk.order(BUY, "0.1", take_profit=D(52000), stop_loss=D(48000)))

    assert placed(desk.order(BUY, "0.1", trigger_price=D(51000), trigger_direction=RISE))


def test_a_symbol_without_a_price_cannot_be_traded() -> None:
    desk = Desk(price=None)

    assert refused(desk.order(BUY, "0.1")).reason is R.NO_PRICE


def test_reduce_only_on_the_side_of_the_position_is_refused() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))

    refusal = refused(desk.order(BUY, "0.1", "49000", reduce_only=True))
    assert refusal.reason is R.REDUCE_ONLY_WRONG_SIDE


def test_hedge_mode_needs_an_index_of_a_side() -> None:
    desk = Desk()
    desk.hedge()

    assert refused(desk.order(BUY, "0.1")).reason is R.POSITION_IDX_MISMATCH


def test_a_close_in_hedge_mode_without_position_is_refused() -> None:
    desk = Desk()
    desk.hedge()

    assert refused(desk.order(SELL, "0.1", idx=1)).reason is R.REDUCE_ONLY_NO_POSITION


def test_reduce_only_on_the_opening_side_of_hedge_mode_is_refused() -> None:
    desk = Desk()
    desk.hedge()
    placed(desk.order(BUY, "0.1", idx=1))

    refusal = refused(desk.order(BUY, "0.1", idx=1, reduce_only=True))
    assert refusal.reason is R.REDUCE_ONLY_WRONG_SIDE


def test_a_close_larger_than_the_position_can_be_made_a_refusal() -> None:
    desk = Desk(settings=VenueSettings(excess_close=ExcessClose.REFUSE))
    desk.hedge()
    placed(desk.order(BUY, "0.1", idx=1))
    refusal = refused(desk.order(SELL, "0.2", idx=1))

    assert refusal.reason is R.REDUCE_ONLY_EXCEEDS_POSITION
    assert (refusal.value, refusal.limit) == (D("0.2"), D("0.1"))


def test_an_order_that_reduces_has_no_stops_of_its_own() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    refusal = refused(desk.order(SELL, "0.1", "51000", reduce_only=True, stop_loss=D(52000)))

    assert refusal.reason is R.STOPS_ON_CLOSE


def test_a_quantity_below_the_minimum_is_refused() -> None:
    desk = Desk(instruments=[contract(min_quantity=D("0.01"))])

    assert refused(desk.order(BUY, "0.009", "49000")).reason is R.QUANTITY_BELOW_MINIMUM


def test_a_market_order_has_its_own_maximum() -> None:
    desk = Desk(balance="100000000")

    assert refused(desk.order(BUY, "501")).reason is R.QUANTITY_ABOVE_MAXIMUM


def test_closing_orders_need_no_minimum_value() -> None:
    desk = Desk(instruments=[contract(min_notional=D(5000))])
    placed(desk.order(BUY, "0.1"))

    assert placed(desk.order(SELL, "0.01", "50001", reduce_only=True))


def test_an_order_too_large_for_the_leverage_of_its_tier_is_refused() -> None:
    desk = Desk(balance="10000000")
    desk.leverage("100")
    refusal = refused(desk.order(BUY, "41", "50000"))

    # 2,050,000 lies in the second tier: 80 times at most.
    assert refusal.reason is R.LEVERAGE_ABOVE_TIER
    assert (refusal.value, refusal.limit) == (D(100), D(80))


def test_orders_in_the_book_count_towards_the_tier() -> None:
    desk = Desk(balance="10000000")
    desk.leverage("100")
    placed(desk.order(BUY, "20", "49900"))

    assert refused(desk.order(BUY, "21", "49900")).reason is R.LEVERAGE_ABOVE_TIER


def test_nothing_is_larger_than_the_last_tier() -> None:
    desk = Desk(balance="10000000")
    refusal = refused(desk.order(BUY, "201", "50000"))

    assert (refusal.reason, refusal.limit) == (R.RISK_LIMIT_EXCEEDED, D(10_000_000))


def test_prices_beyond_the_band_are_refused_only_if_the_account_says_so() -> None:
    desk = Desk()
    adjusted = placed(desk.order(BUY, "0.001", "60000"))
    desk.do(SetBandAdjustment(account="a", adjust=False))
    above = refused(desk.order(BUY, "0.1", "50500.1"))
    below = refused(desk.order(SELL, "0.1", "49499.9"))

    assert adjusted.price == D("50500")
    assert (above.reason, above.limit) == (R.PRICE_ABOVE_BAND, D("50500"))
    assert (below.reason, below.limit) == (R.PRICE_BELOW_BAND, D("49500"))


def book(**level: tuple[Decimal, Decimal]) -> SetBook:
    sides = {side: (level[side],) if side in level else () for side in ("bids", "asks")}
    return SetBook(symbol="BTCUSDT", snapshot=True, bids=sides["bids"], asks=sides["asks"])


def printed(price: Decimal, quantity: Decimal) -> PrintTrade:
    return PrintTrade(symbol="BTCUSDT", price=price, quantity=quantity, taker_side=Side.BUY)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (OpenAccount(account="a", balance=D(1)), R.ACCOUNT_EXISTS),
        (OpenAccount(account="b", balance=D(-1)), R.AMOUNT_INVALID),
        (ApplyMoney(account="a", amount=D(0)), R.AMOUNT_INVALID),
        (ApplyMoney(account="a", amount=D("0.000000001")), R.AMOUNT_INVALID),
        (ApplyMoney(account="a", amount=D(-10001)), R.WITHDRAWAL_TOO_LARGE),
        (CancelOrder(account="a", symbol="BTCUSDT", order_id="x"), R.ORDER_NOT_FOUND),
        (CancelOrder(account="a", symbol="BTCUSDT"), R.ORDER_NOT_FOUND),
        (AmendOrder(account="a", symbol="BTCUSDT", link_id="x"), R.ORDER_NOT_FOUND),
        (MovePrice(symbol="NOUSDT", last=D(1)), R.SYMBOL_UNKNOWN),
        (MovePrice(symbol="BTCUSDT", last=D(1), mark=D(0)), R.PRICE_INVALID),
        (SettleFunding(symbol="NOUSDT", rate=D(0)), R.SYMBOL_UNKNOWN),
        (book(bids=(D(0), D(1))), R.PRICE_INVALID),
        (book(asks=(D(1), D(-1))), R.PRICE_INVALID),
        (printed(D(0), D(1)), R.PRICE_INVALID),
        (printed(D(1), D(0)), R.QUANTITY_INVALID),
        (SetTradingStop(account="a", symbol="BTCUSDT", stop_loss=D(1)), R.STOPS_ZERO_POSITION),
    ],
)
def test_commands_are_refused_for(command: Command, reason: RefusalReason) -> None:
    assert refused(Desk().do(command)).reason is reason


@pytest.mark.parametrize(
    "command",
    [
        PrintTrade(symbol="BTCUSDT", price=D(1), quantity=D(1), taker_side=Side.BUY),
        SettleFunding(symbol="BTCUSDT", rate=D(0)),
    ],
)
def test_what_needs_a_price_is_refused_before_the_first_one(command: Command) -> None:
    assert refused(Desk(price=None).do(command)).reason is R.NO_PRICE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, R.AMEND_UNCHANGED),
        ({"price": "49000", "quantity": "0.1"}, R.AMEND_UNCHANGED),
        ({"price": "49000.01"}, R.PRICE_INVALID),
        ({"quantity": "0.0001"}, R.QUANTITY_INVALID),
        ({"quantity": "0"}, R.QUANTITY_INVALID),
        ({"quantity": "2000"}, R.QUANTITY_ABOVE_MAXIMUM),
        ({"quantity": "3"}, R.INSUFFICIENT_BALANCE),
        ({"trigger_price": "51000"}, R.AMEND_NOT_ALLOWED),
        ({"take_profit": "48000"}, R.TAKE_PROFIT_WRONG_SIDE),
        ({"quantity": "0.001", "price": "100"}, R.NOTIONAL_BELOW_MINIMUM),
    ],
)
def test_an_amendment_is_refused_for(changes: dict[str, str], reason: RefusalReason) -> None:
    desk = Desk()
    order = placed(desk.order(BUY, "0.1", "49000"))

    assert refused(desk.amend(order, **changes)).reason is reason
    assert desk.venue.open_orders("a") == (order,)


def test_a_conditional_order_is_compared_with_the_price_that_triggers_it() -> None:
    desk = Desk()
    desk.price("50000", mark="50200")
    refusal = refused(
        desk.order(
            BUY,
            "0.1",
            trigger_price=D(50100),
            trigger_direction=RISE,
            trigger_by=PriceKind.MARK,
        )
    )

    assert (refusal.reason, refusal.limit) == (R.TRIGGER_NOT_ABOVE, D(50200))


def test_an_order_needs_margin_for_itself_only_not_for_those_before_it() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.9", "49900"))
    placed(desk.order(BUY, "0.45", "49900"))

    assert placed(desk.order(BUY, "0.45", "49900"))


def test_a_market_order_needs_margin_at_the_best_price_not_at_the_band() -> None:
    # 5,000 * 0.101045 = 505.225; at the band it would be 510.27725.
    desk = Desk(balance="505.225")

    assert placed(desk.order(BUY, "0.1")).filled_quantity == D("0.1")


def test_an_account_without_free_margin_can_still_close() -> None:
    desk = Desk(balance="510")
    placed(desk.order(BUY, "0.1"))
    desk.price("49500")

    assert desk.wallet().initial_margin_rate is not None
    assert desk.wallet().available == 0
    assert refused(desk.order(BUY, "0.001")).reason is R.INSUFFICIENT_BALANCE
    assert placed(desk.order(SELL, "0.1", "49600")).status is OrderStatus.NEW


def test_amending_an_order_against_the_position_needs_no_margin_either() -> None:
    desk = Desk(balance="510")
    placed(desk.order(BUY, "0.1"))
    order = placed(desk.order(SELL, "0.1", "50500"))
    desk.price("49500")

    assert placed(desk.amend(order, price="49600")).price == D(49600)


def test_a_reduce_only_order_is_trimmed_even_where_a_large_close_is_refused() -> None:
    desk = Desk(settings=VenueSettings(excess_close=ExcessClose.REFUSE))
    desk.hedge()
    placed(desk.order(BUY, "0.1", idx=1))

    assert placed(desk.order(SELL, "0.2", idx=1, reduce_only=True)).quantity == D("0.1")
