"""What the outside world does: prices move, books change, trades print."""

from decimal import Decimal

from botrunner.venue.commands import DropBook, MovePrice, PrintTrade, SetBook
from botrunner.venue.events import PublicTrade
from botrunner.venue.floor import Floor
from botrunner.venue.market import Market, Prices
from botrunner.venue.matching import fill_resting
from botrunner.venue.money import ZERO
from botrunner.venue.order import Order
from botrunner.venue.outside_book import BookSide, Level, OutsideBook
from botrunner.venue.refusals import Refusal, RefusalReason
from botrunner.venue.settings import TouchRule
from botrunner.venue.stops import follow_last_price
from botrunner.venue.vocabulary import Side


def move_price(floor: Floor, market: Market, command: MovePrice) -> Refusal | None:
    """Take one step of the price path; without a book, fill the resting orders it reaches."""
    last = command.last
    given = (last, command.mark, command.index, command.bid, command.ask)
    if any(price is not None and price <= ZERO for price in given):
        return Refusal(reason=RefusalReason.PRICE_INVALID, field="last")
    market.prices = Prices(
        last=last,
        mark=command.mark or last,
        index=command.index or last,
        bid=command.bid or last,
        ask=command.ask or last,
        at=floor.at,
    )
    _after_prices(floor, market)
    if market.outside is None:
        _fill_touched(floor, market, market.prices)
    return None


def set_book(floor: Floor, market: Market, command: SetBook) -> Refusal | None:
    """Replace or change the outside book, and fill the resting orders that it now crosses."""
    if market.outside is None and not command.snapshot:
        return Refusal(reason=RefusalReason.NO_BOOK, field="snapshot")
    for field, levels in (("bids", command.bids), ("asks", command.asks)):
        if any(price <= ZERO or quantity < ZERO for price, quantity in levels):
            return Refusal(reason=RefusalReason.PRICE_INVALID, field=field)
    book = market.outside = market.outside or OutsideBook()
    for side, levels, buyers in ((book.bids, command.bids, True), (book.asks, command.asks, False)):
        if command.snapshot:
            side.replace(levels)
            _shorten_all_queues(side, market, Side.BUY if buyers else Side.SELL)
        else:
            _change_levels(side, levels, market, Side.BUY if buyers else Side.SELL)
    market.update_id += 1
    market.updated_at = floor.at
    _observe_premium(floor, market)
    if market.prices is not None:
        _fill_crossed(floor, market, book)
    return None


def drop_book(floor: Floor, market: Market, command: DropBook) -> Refusal | None:
    """Trade against the price path from now on."""
    market.outside = None
    market.update_id += 1
    market.updated_at = floor.at
    if market.prices is not None:
        _fill_touched(floor, market, market.prices)
    return None


def print_trade(floor: Floor, market: Market, command: PrintTrade) -> Refusal | None:
    """Show an outside trade; it moves the last price and fills what it reaches."""
    prices = market.prices
    if prices is None:
        return Refusal(reason=RefusalReason.NO_PRICE, field="symbol")
    if command.price <= ZERO:
        return Refusal(reason=RefusalReason.PRICE_INVALID, value=command.price, field="price")
    if command.quantity <= ZERO:
        return Refusal(
            reason=RefusalReason.QUANTITY_INVALID, value=command.quantity, field="quantity"
        )
    floor.tape.trades.append(
        PublicTrade(
            symbol=command.symbol,
            trade_id=floor.next_trade_id(),
            price=command.price,
            quantity=command.quantity,
            taker_side=command.taker_side,
            at=floor.at,
            seq=floor.next_seq(),
        )
    )
    market.prices = Prices(
        last=command.price,
        mark=prices.mark,
        index=prices.index,
        bid=prices.bid,
        ask=prices.ask,
        at=floor.at,
    )
    _after_prices(floor, market)
    if market.outside is None:
        _fill_touched(floor, market, market.prices)
    else:
        _fill_printed(floor, market, command)
    return None


def _after_prices(floor: Floor, market: Market) -> None:
    market.updated_at = floor.at
    if market.outside is None:
        market.update_id += 1
    _observe_premium(floor, market)
    symbol = market.instrument.symbol
    floor.to_trigger[symbol] = None
    for name in market.holders:
        floor.to_examine[name] = None
    if market.trails:
        follow_last_price(floor, symbol)


def _observe_premium(floor: Floor, market: Market) -> None:
    bid, ask = market.best_bid(), market.best_ask()
    if market.prices is not None and bid is not None and ask is not None:
        market.premium.observe((bid + ask) / 2 - market.prices.mark, floor.at)


def _fill_touched(floor: Floor, market: Market, prices: Prices) -> None:
    lowest, highest = min(prices.last, prices.ask), max(prices.last, prices.bid)
    touching = floor.settings.touch_rule is TouchRule.TOUCH
    while (price := market.buys.highest()) is not None:
        if price < lowest or (price == lowest and not touching):
            break
        order = market.buys.first_at(price)
        fill_resting(floor, order, order.leaves)
    while (price := market.sells.lowest()) is not None:
        if price > highest or (price == highest and not touching):
            break
        order = market.sells.first_at(price)
        fill_resting(floor, order, order.leaves)


def _fill_crossed(floor: Floor, market: Market, book: OutsideBook) -> None:
    while (crossing := _crossing(market)) is not None:
        order, price = crossing
        side = book.asks if order.side is Side.BUY else book.bids
        quantity = min(order.leaves, side.quantity(price))
        side.reduce(price, quantity)
        fill_resting(floor, order, quantity)


def _crossing(market: Market) -> tuple[Order, Decimal] | None:
    """The first resting order that the outside crosses, and the outside's price."""
    highest, ask = market.buys.highest(), market.best_ask()
    if highest is not None and ask is not None and highest >= ask:
        return market.buys.first_at(highest), ask
    lowest, bid = market.sells.lowest(), market.best_bid()
    if lowest is not None and bid is not None and lowest <= bid:
        return market.sells.first_at(lowest), bid
    return None


def _fill_printed(floor: Floor, market: Market, command: PrintTrade) -> None:
    side = Side.BUY if command.taker_side is Side.SELL else Side.SELL
    ladder = market.resting(side)
    left = command.quantity
    while left > ZERO:
        best = ladder.highest() if side is Side.BUY else ladder.lowest()
        if best is None or (best <= command.price if side is Side.BUY else best >= command.price):
            break
        order = ladder.first_at(best)
        quantity = min(order.leaves, left)
        fill_resting(floor, order, quantity)
        left -= quantity
    _fill_queue(floor, list(ladder.at(command.price).values()), command, left)


def _fill_queue(floor: Floor, orders: list[Order], command: PrintTrade, left: Decimal) -> None:
    taken = ZERO
    for order in orders:
        ahead = order.queue_ahead
        order.queue_ahead = max(ZERO, ahead - left)
        quantity = min(order.leaves, left - ahead - taken)
        if quantity > ZERO and order.ladder is not None:
            fill_resting(floor, order, quantity)
            taken += quantity


def _change_levels(
    side: BookSide, levels: tuple[Level, ...], market: Market, resting: Side
) -> None:
    ladder = market.resting(resting)
    for price, quantity in levels:
        side.set_quantity(price, quantity)
        for order in ladder.at(price).values():
            order.queue_ahead = min(order.queue_ahead, quantity)


def _shorten_all_queues(side: BookSide, market: Market, resting: Side) -> None:
    for order in market.resting(resting):
        order.queue_ahead = min(order.queue_ahead, side.quantity(order.price))
