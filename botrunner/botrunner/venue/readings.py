"""What the venue shows: views of accounts, positions and markets, made when they are asked for."""

from decimal import Decimal

from botrunner.domain.instrument import Instrument
from botrunner.venue.account import Account, Holding
from botrunner.venue.floor import Floor
from botrunner.venue.margin import break_even_price
from botrunner.venue.market import Market
from botrunner.venue.money import ZERO
from botrunner.venue.position import Position
from botrunner.venue.valuation import (
    available_margin,
    position_figures,
    tier_of,
    totals_of,
)
from botrunner.venue.views import (
    AccountView,
    BookView,
    Conservation,
    PositionView,
    PricesView,
    StopsView,
    SymbolSettingsView,
    WalletView,
)
from botrunner.venue.vocabulary import MarginMode, StopOrderType


def read_prices(market: Market) -> PricesView | None:
    """The prices of a market that has any."""
    prices = market.prices
    if prices is None:
        return None
    return PricesView(
        symbol=market.instrument.symbol,
        last=prices.last,
        mark=prices.mark,
        index=prices.index,
        bid=market.best_bid(),
        ask=market.best_ask(),
        at=market.updated_at or prices.at,
    )


def read_book(market: Market, depth: int) -> BookView | None:
    """The best levels of the outside; None without a book and a price."""
    bid, ask = market.best_bid(), market.best_ask()
    if market.updated_at is None or (market.outside is None and market.prices is None):
        return None
    if market.outside is None:
        quantity = market.instrument.max_market_quantity
        bids = [(bid, quantity)] if bid is not None else []
        asks = [(ask, quantity)] if ask is not None else []
    else:
        bids, asks = market.outside.bids.top(depth), market.outside.asks.top(depth)
    return BookView(
        symbol=market.instrument.symbol,
        bids=tuple(bids),
        asks=tuple(asks),
        update_id=market.update_id,
        at=market.updated_at,
    )


def read_account(account: Account) -> AccountView:
    """An account's settings."""
    return AccountView(
        account=account.name,
        margin_mode=account.margin_mode,
        fees=account.fees,
        adjust_to_band=account.adjust_to_band,
        opened_at=account.opened_at,
        updated_at=account.updated_at,
    )


def read_symbol_settings(holding: Holding) -> SymbolSettingsView:
    """An account's settings on a symbol."""
    return SymbolSettingsView(
        symbol=holding.symbol,
        mode=holding.mode,
        buy_leverage=holding.buy_leverage,
        sell_leverage=holding.sell_leverage,
    )


def read_wallet(floor: Floor, account: Account) -> WalletView:
    """Money and margin at the present marks."""
    totals, rate = totals_of(floor, account), floor.settings.usd_rate
    margin_balance = account.balance + totals.unrealised
    available = max(ZERO, available_margin(account, totals))
    initial = totals.position_initial + totals.order_initial
    cross = account.margin_mode is MarginMode.CROSS
    return WalletView(
        account=account.name,
        coin=floor.settings.settle_coin,
        wallet_balance=account.balance,
        equity=margin_balance,
        unrealised_pnl=totals.unrealised,
        order_initial_margin=totals.order_initial,
        position_initial_margin=totals.position_initial,
        position_maintenance_margin=totals.position_maintenance,
        realised_pnl=account.balance - account.deposited,
        available=available,
        usd_rate=rate,
        total_equity_usd=margin_balance * rate,
        total_wallet_balance_usd=account.balance * rate,
        total_margin_balance_usd=margin_balance * rate,
        total_unrealised_pnl_usd=totals.unrealised * rate,
        total_available_usd=available * rate if cross else None,
        total_initial_margin_usd=initial * rate if cross else None,
        total_maintenance_margin_usd=totals.position_maintenance * rate if cross else None,
        initial_margin_rate=_rate(initial, margin_balance) if cross else None,
        maintenance_margin_rate=(
            _rate(totals.position_maintenance, margin_balance) if cross else None
        ),
    )


def read_position(
    floor: Floor, account: Account, holding: Holding, position: Position
) -> PositionView:
    """One position, flat or not."""
    market = floor.markets[holding.symbol]
    contract, size = market.instrument, abs(position.size)
    mark = market.prices.mark if market.prices else ZERO
    figures = position_figures(position, holding, account, contract, mark)
    number, tier = tier_of(contract, size * mark)
    return PositionView(
        account=account.name,
        symbol=holding.symbol,
        position_idx=position.position_idx,
        size=position.size,
        entry_price=position.entry_value / size if size else ZERO,
        entry_value=position.entry_value,
        mark_price=mark,
        leverage=leverage_of(holding, position),
        initial_margin=figures.initial if size else ZERO,
        maintenance_margin=figures.maintenance if size else ZERO,
        unrealised_pnl=figures.unrealised,
        realised_pnl=position.realised,
        total_realised_pnl=position.total_realised,
        liquidation_price=liquidation_price(floor, account, holding, position),
        break_even_price=_break_even(account, position),
        tier_number=number,
        tier_limit=tier.limit,
        stops=_read_stops(position),
        created_at=position.created_at,
        opened_at=position.opened_at,
        updated_at=position.updated_at,
        seq=position.seq,
    )


def leverage_of(holding: Holding, position: Position) -> Decimal:
    """Longs have the buys' leverage; the index decides for a flat side of hedge mode."""
    is_short = position.position_idx == 2 or position.size < ZERO
    return holding.sell_leverage if is_short else holding.buy_leverage


def liquidation_price(
    floor: Floor, account: Account, holding: Holding, position: Position
) -> Decimal | None:
    """Where the margin would be gone if only this symbol moved, within its present risk tier."""
    if not position.size:
        return None
    market = floor.markets[holding.symbol]
    mark = market.prices.mark if market.prices else ZERO
    cross = account.margin_mode is MarginMode.CROSS
    legs = holding.open_positions() if cross else [position]
    slope = constant = ZERO
    for leg in legs:
        figures = position_figures(leg, holding, account, market.instrument, mark)
        tier = market.instrument.tier_for(abs(leg.size) * mark)
        rising = abs(leg.size) * tier.maintenance_margin_rate
        slope += leg.size - rising
        # Margin left at the mark, less what of it moves with the price.
        left = figures.unrealised - figures.maintenance
        left += ZERO if cross else figures.initial
        constant += left - (leg.size - rising) * mark
    if cross:
        constant += _margin_elsewhere(floor, account, holding)
    return _within(market.instrument, -constant / slope) if slope else None


def read_conservation(floor: Floor) -> Conservation:
    """Where all the money is, added up from every account anew."""
    wallets = sum((a.balance for a in floor.accounts.values()), ZERO)
    unrealised = sum((totals_of(floor, a).unrealised for a in floor.accounts.values()), ZERO)
    outside = ZERO
    for market in floor.markets.values():
        mark = market.prices.mark if market.prices else ZERO
        outside += market.outside_cash + market.outside_quantity * mark
    return Conservation(
        deposits=floor.pools.deposits,
        wallets=wallets,
        unrealised=unrealised,
        fees=floor.pools.fees,
        funding=floor.pools.funding,
        insurance=floor.pools.insurance,
        outside=outside,
    )


def _margin_elsewhere(floor: Floor, account: Account, holding: Holding) -> Decimal:
    margin = account.balance
    for other in account.holdings.values():
        if other is holding:
            continue
        market = floor.markets[other.symbol]
        mark = market.prices.mark if market.prices else ZERO
        for position in other.open_positions():
            figures = position_figures(position, other, account, market.instrument, mark)
            margin += figures.unrealised - figures.maintenance
    return margin


def _within(contract: Instrument, price: Decimal) -> Decimal | None:
    return price if contract.min_price < price < contract.max_price else None


def _rate(margin: Decimal, balance: Decimal) -> Decimal:
    if not margin:
        return ZERO
    # A balance that is used up has no rate; 1 is already liquidation.
    return margin / balance if balance > ZERO else Decimal(1)


def _break_even(account: Account, position: Position) -> Decimal | None:
    if not position.size:
        return None
    return break_even_price(
        size=position.size,
        entry_value=position.entry_value,
        realised=position.realised,
        taker=account.fees.taker,
    )


def _read_stops(position: Position) -> StopsView:
    profit = position.stops.get(StopOrderType.TAKE_PROFIT)
    loss = position.stops.get(StopOrderType.STOP_LOSS)
    trail = position.trail
    plain = StopsView()
    return StopsView(
        take_profit=profit.trigger_price if profit else None,
        stop_loss=loss.trigger_price if loss else None,
        trailing_distance=trail.distance if trail else None,
        activation_price=trail.activation_price if trail else None,
        take_profit_by=profit.trigger_by if profit else plain.take_profit_by,
        stop_loss_by=loss.trigger_by if loss else plain.stop_loss_by,
    )
