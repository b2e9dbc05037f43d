"""Cards about what comes into an account and leaves it (RI-31, BY-5)."""

from datetime import timedelta
from decimal import Decimal as D

from botrunner.domain.actions import ReadTransfers
from botrunner.domain.control import ReadFailed, TransfersRead
from botrunner.domain.side import Side
from botrunner.service.clock import SystemClock
from contract.exchanges.desk import SYMBOL, Desk


async def transfers(desk: Desk) -> TransfersRead:
    """Everything of the last hour."""
    since = SystemClock().now() - timedelta(hours=1)
    read = await desk.exchange.read_transfers(ReadTransfers(token=-3, since=since))
    assert isinstance(read, TransfersRead)
    return read


async def test_deposits_and_withdrawals_are_told_with_their_sign_and_time(desk: Desk) -> None:
    """XC-90, RI-31: the first deposit, one more, and one that leaves."""
    opening = (await transfers(desk)).transfers
    await desk.command("money", account=desk.name, amount="250.5")
    await desk.command("money", account=desk.name, amount="-100")
    read = await transfers(desk)
    while len(read.transfers) < len(opening) + 2:
        # Our clock may be a few milliseconds behind the venue's: what is younger comes later.
        read = await transfers(desk)

    new = [each for each in read.transfers if each not in opening]
    assert {each.amount for each in new} == {D("250.5"), D(-100)}
    assert all(each.at <= read.until for each in new)
    assert len({each.transfer_id for each in read.transfers}) == len(read.transfers)
    assert read.token == -3


async def test_what_trading_books_is_no_transfer(desk: Desk) -> None:
    """XC-91, RI-31: trades, fees and funding are the result itself."""
    before = (await transfers(desk)).transfers
    for side in (Side.LONG, Side.SHORT):
        order = desk.order(None, "100", side=side)
        await desk.place(order)
        await desk.until("OrderCompleted", order_id=order.order_id)
    await desk.command("funding", symbol=SYMBOL, rate="0.001")
    await desk.until("FundingSettled", side=Side.SHORT)

    assert (await transfers(desk)).transfers == before


async def test_a_log_that_cannot_be_read_is_told_as_that(desk: Desk) -> None:
    """XC-92, EX-11: no value is made up."""
    await desk.command(
        "answer", account=desk.name, path="/v5/account/transaction-log", code=10005, message="no"
    )
    since = SystemClock().now() - timedelta(hours=1)
    answer = await desk.exchange.read_transfers(ReadTransfers(token=-4, since=since))

    assert isinstance(answer, ReadFailed)
    assert answer.token == -4
