"""Matching against a book: depth is eaten, queues are kept."""

from botrunner.venue.commands import DropBook, PrintTrade, SetBook
from botrunner.venue.refusals import RefusalReason
from botrunner.venue.vocabulary import OrderStatus, RejectReason, Side, TimeInForce
from unit.venue.desk import BUY, SELL, D, Desk, fills, levels, placed, refused, statuses


def booked(bids: str = "49999:1 49998:2", asks: str = "50001:1 50002:2") -> Desk:
    desk = Desk(balance="1000000")
    desk.book(bids, asks)
    return desk


def printed(desk: Desk, price: str, quantity: str, taker: Side) -> list[tuple[str, str]]:
    trade = PrintTrade(symbol=desk.symbol, price=D(price), quantity=D(quantity), taker_side=taker)
    return [(f.link_id, str(f.quantity.normalize())) for f in fills(desk.do(trade).events)]


def test_a_market_order_eats_level_after_level() -> None:
    desk = booked()
    outcome = desk.order(BUY, "2")

    assert [(f.price, f.quantity) for f in fills(outcome.events)] == [
        (D(50001), D(1)),
        (D(50002), D(1)),
    ]
    assert placed(outcome).average_price == D("50001.5")


def test_the_fills_of_one_match_share_its_number_and_one_order_report() -> None:
    desk = booked()
    outcome = desk.order(BUY, "2")
    first, second = fills(outcome.events)

    assert first.seq == second.seq == placed(outcome).seq
    assert statuses(outcome.events) == [OrderStatus.FILLED]


def test_what_was_eaten_is_gone_for_everybody_until_the_outside_sends_it_again() -> None:
    desk = booked()
    desk.open("b", "1000000")
    placed(desk.order(BUY, "1"))
    other = fills(desk.order(BUY, "1", name="b").events)
    book = desk.venue.book("BTCUSDT")

    assert [f.price for f in other] == [D(50002)]
    assert book is not None
    assert book.asks == ((D(50002), D(1)),)

    desk.book("", "50001:1", snapshot=False)
    again = desk.venue.book("BTCUSDT")

    assert again is not None
    assert again.asks == ((D(50001), D(1)), (D(50002), D(1)))


def test_a_market_order_beyond_the_depth_is_cancelled_with_its_fills() -> None:
    desk = booked()
    order = placed(desk.order(BUY, "5"))

    assert (order.status, order.filled_quantity) == (OrderStatus.CANCELLED, D(3))
    assert order.leaves_quantity == 0
    assert order.reject_reason is RejectReason.NO_IMMEDIATE_QUANTITY


def test_a_market_order_in_an_empty_book_is_cancelled_whole() -> None:
    desk = booked(bids="49999:1", asks="")
    order = placed(desk.order(BUY, "1"))

    assert (order.status, order.filled_quantity) == (OrderStatus.CANCELLED, D(0))


def test_a_limit_order_takes_up_to_its_price_and_rests_with_the_remainder() -> None:
    desk = booked()
    order = placed(desk.order(BUY, "2", "50001"))

    assert order.status is OrderStatus.PARTIALLY_FILLED
    assert (order.filled_quantity, order.leaves_quantity) == (D(1), D(1))
    assert desk.venue.open_orders("a") == (order,)


def test_a_resting_order_is_filled_by_the_depth_that_crosses_it() -> None:
    desk = booked()
    order = placed(desk.order(BUY, "3", "50000"))
    outcome = desk.book("", "49999.5:1 50000:1", snapshot=False)

    assert [(f.price, f.quantity, f.is_maker) for f in fills(outcome.events)] == [
        (D(50000), D(1), True),
        (D(50000), D(1), True),
    ]
    assert desk.shown(order).leaves_quantity == D(1)


def test_a_price_step_fills_nothing_while_there_is_a_book() -> None:
    desk = booked()
    placed(desk.order(BUY, "1", "49000"))

    assert fills(desk.price("48000").events) == []


def test_a_print_fills_an_order_behind_the_quantity_that_was_there_before_it() -> None:
    desk = booked()
    placed(desk.order(BUY, "1", "49999", link_id="mine"))

    assert printed(desk, "49999", "0.7", SELL) == []
    assert printed(desk, "49999", "0.5", SELL) == [("mine", "0.2")]


def test_a_print_at_a_worse_price_fills_what_it_went_through() -> None:
    desk = booked()
    placed(desk.order(BUY, "1", "49999", link_id="mine"))

    assert printed(desk, "49998", "0.4", SELL) == [("mine", "0.4")]


def test_a_print_never_fills_more_than_its_quantity_over_all_accounts() -> None:
    desk = booked()
    desk.open("b", "1000000")
    placed(desk.order(SELL, "1", "50000.5", link_id="first"))
    placed(desk.order(SELL, "1", "50000.5", link_id="second", name="b"))

    assert printed(desk, "50000.5", "1.5", BUY) == [("first", "1"), ("second", "0.5")]


def test_a_level_that_shrinks_moves_the_queue_up() -> None:
    desk = booked()
    placed(desk.order(BUY, "1", "49999", link_id="mine"))
    desk.book("49999:0.1", "", snapshot=False)

    assert printed(desk, "49999", "0.3", SELL) == [("mine", "0.2")]


def test_a_snapshot_moves_the_queue_up_too() -> None:
    desk = booked()
    placed(desk.order(BUY, "1", "49999", link_id="mine"))
    desk.book("49999:0.2", "50001:1")

    assert printed(desk, "49999", "0.3", SELL) == [("mine", "0.1")]


def test_less_quantity_keeps_the_place_in_the_queue_and_more_loses_it() -> None:
    desk = booked()
    desk.open("b", "1000000")
    first = placed(desk.order(BUY, "2", "49990", link_id="first"))
    placed(desk.order(BUY, "1", "49990", link_id="second", name="b"))
    desk.amend(first, quantity="1")

    assert printed(desk, "49990", "0.5", SELL) == [("first", "0.5")]

    desk.amend(first, quantity="3")

    assert printed(desk, "49990", "0.5", SELL) == [("second", "0.5")]


def test_fill_or_kill_needs_the_whole_depth() -> None:
    desk = booked()
    killed = placed(desk.order(BUY, "3.5", "50002", time_in_force=TimeInForce.FOK))
    filled = placed(desk.order(BUY, "3", "50002", time_in_force=TimeInForce.FOK))

    assert (killed.status, killed.reject_reason) == (
        OrderStatus.CANCELLED,
        RejectReason.NO_FULL_FILL,
    )
    assert killed.filled_quantity == 0
    assert filled.status is OrderStatus.FILLED


def test_the_book_is_shown_best_first_and_as_deep_as_asked() -> None:
    desk = booked()
    book = desk.venue.book("BTCUSDT", depth=1)

    assert book is not None
    assert (book.bids, book.asks) == (levels("49999:1"), levels("50001:1"))


def test_a_quantity_of_nothing_deletes_a_level() -> None:
    desk = booked()
    desk.book("49999:0 49000:0", "", snapshot=False)
    book = desk.venue.book("BTCUSDT")

    assert book is not None
    assert book.bids == levels("49998:2")


def test_every_change_of_the_book_has_its_number() -> None:
    desk = booked()
    before = desk.venue.book("BTCUSDT")
    placed(desk.order(BUY, "0.5"))
    after = desk.venue.book("BTCUSDT")

    assert before is not None
    assert after is not None
    assert after.update_id == before.update_id + 1


def test_a_change_before_any_snapshot_is_refused() -> None:
    desk = Desk()
    change = SetBook(symbol="BTCUSDT", bids=(), asks=(), snapshot=False)

    assert refused(desk.do(change)).reason is RefusalReason.NO_BOOK


def test_without_the_book_the_symbol_trades_on_its_path_again() -> None:
    desk = booked()
    desk.do(DropBook(symbol="BTCUSDT"))

    assert [f.price for f in fills(desk.order(BUY, "20").events)] == [D(50000)]


def test_dropping_the_book_fills_what_the_path_already_reaches() -> None:
    desk = booked()
    placed(desk.order(BUY, "1", "49998.5"))
    desk.price("49000")

    assert len(fills(desk.do(DropBook(symbol="BTCUSDT")).events)) == 1


def test_a_print_moves_the_last_price_and_nothing_else() -> None:
    desk = booked()
    printed(desk, "50001", "1", BUY)
    prices = desk.venue.prices("BTCUSDT")

    assert prices is not None
    assert (prices.last, prices.mark, prices.index) == (D(50001), D(50000), D(50000))


def test_a_post_only_order_rests_in_an_empty_book() -> None:
    desk = booked(bids="49999:1", asks="")
    order = placed(desk.order(BUY, "1", "50000", time_in_force=TimeInForce.POST_ONLY))

    assert order.status is OrderStatus.NEW


def test_a_price_path_is_shown_as_a_book_of_one_level() -> None:
    desk = Desk()
    book = desk.venue.book("BTCUSDT")
    most = desk.venue.instrument("BTCUSDT").max_market_quantity

    assert book is not None
    assert book.bids == book.asks == ((D(50000), most),)


def test_nothing_is_shown_before_the_first_price() -> None:
    desk = Desk(price=None)

    assert desk.venue.book("BTCUSDT") is None
    assert desk.venue.prices("BTCUSDT") is None
