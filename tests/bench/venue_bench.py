"""Orders per second of the venue in process, and what an account weighs.

``python tests/bench/venue_bench.py [SECONDS]``. Seconds are of processor time: one core, whatever
else the machine does. The ratio compares with Decimal additions measured right before, so that it
means the same on a slow and on a fast machine. Nothing here passes or fails.
"""

import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count, cycle
from time import process_time

from botrunner.domain.instrument import Instrument, RiskTier
from botrunner.venue.commands import (
    CancelOrder,
    Command,
    MovePrice,
    OpenAccount,
    PlaceOrder,
    SetBook,
    SwitchMode,
)
from botrunner.venue.exchange import Venue
from botrunner.venue.vocabulary import OrderType, PositionIdx, PositionMode, Side

ACCOUNTS = 100
RESTING = 20
"""Orders that each account has in the book while it is measured."""
START = datetime(2026, 1, 1, tzinfo=UTC)
SYMBOL = "BTCUSDT"


def contract() -> Instrument:
    """A contract like BTCUSDT, with caps that the benchmark does not reach."""
    tier = RiskTier(
        limit=Decimal(100_000_000),
        initial_margin_rate=Decimal("0.01"),
        maintenance_margin_rate=Decimal("0.005"),
        max_leverage=Decimal(100),
        deduction=Decimal(0),
    )
    return Instrument(
        symbol=SYMBOL,
        base_coin="BTC",
        quote_coin="USDT",
        tick_size=Decimal("0.1"),
        quantity_step=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000),
        max_market_quantity=Decimal(500),
        min_notional=Decimal(5),
        min_price=Decimal("0.1"),
        max_price=Decimal("1999999.8"),
        min_leverage=Decimal(1),
        max_leverage=Decimal(100),
        leverage_step=Decimal("0.01"),
        funding_interval_minutes=480,
        price_limit_ratio_x=Decimal("0.01"),
        price_limit_ratio_y=Decimal("0.02"),
        tiers=(tier,),
    )


class Floor:
    """A venue with its accounts, each in hedge mode with orders resting."""

    def __init__(self, *, with_book: bool) -> None:
        self.with_book = with_book
        self.venue = Venue((contract(),))
        self.names = [f"account-{number}" for number in range(ACCOUNTS)]
        self._links = count()
        self.do(MovePrice(symbol=SYMBOL, last=Decimal(50_000)))
        if with_book:
            self.refill()
        for name in self.names:
            self.do(OpenAccount(account=name, balance=Decimal(1_000_000)))
            self.do(SwitchMode(account=name, symbol=SYMBOL, mode=PositionMode.HEDGE))
            for number in range(RESTING):
                self.place(name, Decimal(48_000 - 10 * number))

    def do(self, command: Command) -> str:
        """Hand over a command; the id of the order it names. A refusal ends the benchmark."""
        outcome = self.venue.handle(command, at=START)
        if outcome.refusal is not None:
            raise SystemExit(f"the venue refused {command}: {outcome.refusal}")
        return outcome.orders[0].order_id if outcome.orders else ""

    def place(self, name: str, price: Decimal | None, side: Side = Side.BUY) -> str:
        """A limit order, or a market order without a price, on the long side."""
        return self.do(
            PlaceOrder(
                account=name,
                symbol=SYMBOL,
                side=side,
                order_type=OrderType.LIMIT if price else OrderType.MARKET,
                quantity=Decimal("0.010"),
                price=price,
                position_idx=PositionIdx.LONG,
                link_id=f"tf{next(self._links)}",
            )
        )

    def refill(self) -> None:
        """Fifty levels a side, deep enough for a round of all accounts."""
        steps = [Decimal(number) for number in range(50)]
        self.do(
            SetBook(
                symbol=SYMBOL,
                bids=tuple((49_999 - step, Decimal(5)) for step in steps),
                asks=tuple((50_001 + step, Decimal(5)) for step in steps),
                snapshot=True,
            )
        )


def mixed(floor: Floor) -> Iterator[int]:
    """For ever: one order placed and cancelled, one bought, one sold. Yields orders handled."""
    for name in cycle(floor.names):
        order_id = floor.place(name, Decimal(49_000))
        floor.do(CancelOrder(account=name, symbol=SYMBOL, order_id=order_id))
        floor.place(name, None)
        floor.place(name, None, Side.SELL)
        if floor.with_book and name is floor.names[-1]:
            floor.refill()
        yield 3


def resting(floor: Floor) -> Iterator[int]:
    """For ever: orders placed and cancelled, none filled."""
    for name in cycle(floor.names):
        order_id = floor.place(name, Decimal(49_000))
        floor.do(CancelOrder(account=name, symbol=SYMBOL, order_id=order_id))
        yield 1


def steps(floor: Floor) -> Iterator[int]:
    """For ever: price steps while every account has a position, filling nothing."""
    for name in floor.names:
        floor.place(name, None)
    for number in count():
        floor.do(MovePrice(symbol=SYMBOL, last=Decimal(50_000 + number % 7)))
        yield 1


def additions() -> Iterator[int]:
    """The reference: sums of decimals."""
    total, one = Decimal(0), Decimal("0.00000001")
    while True:
        for _ in range(1000):
            total += one
        yield 1000


def rate(work: Iterator[int], seconds: float) -> float:
    """How many a second, after a tenth of the time to warm up."""
    _run(work, seconds / 10)
    return _run(work, seconds)


def _run(work: Iterator[int], seconds: float) -> float:
    begin, done = process_time(), 0
    while (elapsed := process_time() - begin) < seconds:
        done += next(work)
    return done / elapsed


def weight_mebibytes() -> float:
    """What the venue with its accounts and their resting orders holds."""
    gc.collect()
    tracemalloc.start()
    floor = Floor(with_book=False)
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del floor
    return held / 2**20


def main(seconds: float = 3.0) -> None:
    """Measure and print."""
    cases: tuple[tuple[str, str, Callable[[Floor], Iterator[int]], bool], ...] = (
        ("place, cancel, fill: path", "orders/s", mixed, False),
        ("place, cancel, fill: book", "orders/s", mixed, True),
        ("place, cancel", "orders/s", resting, False),
        (f"price step, {ACCOUNTS} positions", "steps/s", steps, False),
    )
    for title, unit, work, with_book in cases:
        reference = rate(additions(), seconds / 3)
        speed = rate(work(Floor(with_book=with_book)), seconds)
        print(
            f"{title:26}{speed:10,.0f} {unit:9}"
            f" each as much as {reference / speed:7,.0f} of {reference:,.0f} additions/s"
        )
    weight = weight_mebibytes()
    print(f"{ACCOUNTS} accounts with {RESTING} resting orders each: {weight:.1f} MiB")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
