"""What a command tells, and in which order."""

from datetime import datetime, timedelta
from decimal import ROUND_UP, localcontext

import pytest

from botrunner.venue.commands import MovePrice, OpenAccount, PrintTrade
from botrunner.venue.events import (
    Executed,
    MoneyMoved,
    OrderChanged,
    PnlClosed,
    PositionChanged,
    PublicTrade,
    WalletChanged,
)
from botrunner.venue.exchange import Venue
from botrunner.venue.vocabulary import PositionIdx, Side
from unit.venue.desk import BUY, NOON, SELL, D, Desk, contract, placed


def test_a_fill_tells_execution_and_order_first_then_position_and_wallet() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))
    outcome = desk.order(SELL, "0.1")

    assert [type(e) for e in outcome.events] == [
        Executed,
        OrderChanged,
        MoneyMoved,
        PnlClosed,
        PublicTrade,
        PositionChanged,
        WalletChanged,
    ]


def test_execution_and_order_of_one_match_share_their_number() -> None:
    outcome = Desk().order(BUY, "0.1")
    executed, changed = outcome.events[:2]

    assert isinstance(executed, Executed)
    assert isinstance(changed, OrderChanged)
    assert executed.execution.seq == changed.order.seq


def test_a_resting_order_tells_position_and_wallet_though_nothing_changed() -> None:
    outcome = Desk().order(BUY, "0.1", "49000")

    assert [type(e) for e in outcome.events] == [OrderChanged, PositionChanged, WalletChanged]


def test_a_cancel_tells_order_position_and_wallet() -> None:
    desk = Desk()
    outcome = desk.cancel(placed(desk.order(BUY, "0.1", "49000")))

    assert [type(e) for e in outcome.events] == [OrderChanged, PositionChanged, WalletChanged]


def test_a_price_alone_tells_nothing() -> None:
    desk = Desk()
    placed(desk.order(BUY, "0.1"))

    assert desk.price("50100").events == ()


def test_position_and_wallet_are_told_once_however_many_fills_there_were() -> None:
    desk = Desk()
    for price in ("49000", "48900", "48800"):
        placed(desk.order(BUY, "0.01", price))
    events = desk.price("48000").events
    positions = [e for e in events if isinstance(e, PositionChanged)]
    wallets = [e for e in events if isinstance(e, WalletChanged)]

    assert [(p.size, p.position_idx) for p in positions] == [(D("0.03"), PositionIdx.NET)]
    assert [w.balance for w in wallets] == [desk.wallet().wallet_balance]
    assert positions[0].seq == desk.position().seq


def test_numbers_of_matches_grow_within_an_outcome() -> None:
    desk = Desk()
    for price in ("49000", "48900", "48800"):
        placed(desk.order(BUY, "0.01", price))
    seqs = [e.order.seq for e in desk.price("48000").events if isinstance(e, OrderChanged)]

    assert seqs == sorted(set(seqs))


@pytest.mark.parametrize(("price", "taker"), [(None, Side.BUY), ("49000", Side.SELL)])
def test_everybody_sees_a_fill_with_the_side_that_took(price: str | None, taker: Side) -> None:
    desk = Desk()
    events = [*desk.order(BUY, "0.1", price).events, *desk.price("49000").events]
    (trade,) = [e for e in events if isinstance(e, PublicTrade)]

    assert (trade.taker_side, trade.quantity) == (taker, D("0.1"))


def test_everybody_sees_the_trades_of_the_outside() -> None:
    trade = PrintTrade(symbol="BTCUSDT", price=D(50001), quantity=D(2), taker_side=Side.BUY)
    (seen,) = Desk().do(trade).events

    assert isinstance(seen, PublicTrade)
    assert (seen.price, seen.quantity, seen.taker_side) == (D(50001), D(2), Side.BUY)


def test_ids_are_never_used_twice() -> None:
    desk = Desk()
    ids: list[str] = []
    for _ in range(3):
        for event in desk.order(BUY, "0.01").events:
            match event:
                case OrderChanged():
                    ids.append(event.order.order_id)
                case Executed():
                    ids.append(event.execution.execution_id)
                case MoneyMoved():
                    ids.append(event.transaction.transaction_id)
                case PublicTrade():
                    ids.append(event.trade_id)
                case _:
                    pass

    assert len(ids) == len(set(ids)) == 12


def test_a_venue_never_goes_back_in_time() -> None:
    desk = Desk()

    with pytest.raises(ValueError, match="goes forward"):
        desk.venue.handle(MovePrice(symbol="BTCUSDT", last=D(1)), at=NOON - timedelta(seconds=1))


def test_a_time_without_zone_is_an_error() -> None:
    venue = Venue((contract(),))
    command = OpenAccount(account="a", balance=D(1))

    with pytest.raises(ValueError, match="aware"):
        venue.handle(command, at=datetime(2026, 1, 1))  # noqa: DTZ001 - it is what is refused


def test_the_callers_decimal_context_changes_nothing() -> None:
    plain, odd = Desk(), Desk()
    expected = plain.order(BUY, "0.1").events
    with localcontext() as context:
        context.prec = 3
        context.rounding = ROUND_UP
        events = odd.order(BUY, "0.1").events
        wallet = odd.wallet()

    assert events == expected
    assert wallet == plain.wallet()
