"""The wallet, the account and its key as the venue prints them."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_DOWN, Decimal

from botrunner.domain.instrument import Instrument
from botrunner.simulator.bybit.wire import Json, Row, milliseconds_text, money, text
from botrunner.simulator.bybit.words import MARGIN_MODES
from botrunner.venue.views import AccountView, WalletView

_RATE_PLACES = Decimal("0.0001")
_UNIFIED_2 = 5


def wallet_row(wallet: WalletView) -> Row:
    """The one entry of ``/v5/account/wallet-balance``; account-wide figures are in USD.

    With isolated margin the account-wide figures that mean nothing are ``""``.
    """
    initial, maintenance = (
        _usd(wallet.total_initial_margin_usd),
        _usd(wallet.total_maintenance_margin_usd),
    )
    initial_rate, maintenance_rate = (
        _rate(wallet.initial_margin_rate),
        _rate(wallet.maintenance_margin_rate),
    )
    return {
        "accountType": "UNIFIED",
        "totalEquity": money(wallet.total_equity_usd),
        "totalWalletBalance": money(wallet.total_wallet_balance_usd),
        "totalMarginBalance": money(wallet.total_margin_balance_usd),
        "totalAvailableBalance": _usd(wallet.total_available_usd),
        "totalPerpUPL": money(wallet.total_unrealised_pnl_usd),
        "totalInitialMargin": initial,
        "totalInitialMarginByMp": initial,
        "totalMaintenanceMargin": maintenance,
        "totalMaintenanceMarginByMp": maintenance,
        "accountIMRate": initial_rate,
        "accountIMRateByMp": initial_rate,
        "accountMMRate": maintenance_rate,
        "accountMMRateByMp": maintenance_rate,
        "accountLTV": "0",
        "coin": [_coin_row(wallet)],
    }


def wallet_push(wallet: WalletView) -> Row:
    """The entry of the ``wallet`` stream: the shape of the REST answer."""
    return wallet_row(wallet)


def _coin_row(wallet: WalletView) -> Row:
    return {
        "coin": wallet.coin,
        "equity": money(wallet.equity),
        "usdValue": money(wallet.equity * wallet.usd_rate),
        "walletBalance": money(wallet.wallet_balance),
        "locked": "0",
        "borrowAmount": "0",
        "spotBorrow": "0",
        "accruedInterest": "0",
        "availableToBorrow": "",
        "availableToWithdraw": "",
        "totalOrderIM": money(wallet.order_initial_margin),
        "totalPositionIM": money(wallet.position_initial_margin),
        "totalPositionMM": money(wallet.position_maintenance_margin),
        "unrealisedPnl": money(wallet.unrealised_pnl),
        "cumRealisedPnl": money(wallet.realised_pnl),
        "bonus": "0",
        "marginCollateral": True,
        "collateralSwitch": True,
        "spotHedgingQty": "0",
        "colRes": "",
    }


def account_info(account: AccountView) -> Row:
    """The result of ``/v5/account/info``: a unified account of the second kind."""
    return {
        "marginMode": MARGIN_MODES[account.margin_mode],
        "updatedTime": milliseconds_text(account.updated_at),
        "unifiedMarginStatus": _UNIFIED_2,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def fee_rates(account: AccountView, instruments: Iterable[Instrument]) -> Row:
    """The result of ``/v5/account/fee-rate``."""
    rates: list[Json] = [
        {
            "symbol": instrument.symbol,
            "takerFeeRate": text(account.fees.taker),
            "makerFeeRate": text(account.fees.maker),
            "baseCoin": "",
        }
        for instrument in instruments
    ]
    return {"list": rates}


_PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "ContractTrade": ("Order", "Position"),
    "Spot": (),
    "Wallet": (),
    "Options": (),
    "Derivatives": ("DerivativesTrade",),
    "CopyTrading": (),
    "BlockTrade": (),
    "Exchange": (),
    "NFT": (),
    "Affiliate": (),
    "Earn": (),
    "FiatP2P": (),
    "FiatBybitPay": (),
    "FiatConvertBroker": (),
    "FiatGlobalPay": (),
    "FiatBitPay": (),
    "BitCard": (),
    "ByXPost": (),
}


def api_key_info(account: AccountView, key: str, uid: int) -> Row:
    """The result of ``/v5/user/query-api``: a master's key that may trade and not withdraw."""
    created = account.opened_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    permissions: dict[str, Json] = {name: list(words) for name, words in _PERMISSIONS.items()}
    return {
        "id": str(uid),
        "note": account.account,
        "apiKey": key,
        "readOnly": 0,
        "secret": "",
        "permissions": permissions,
        "ips": ["*"],
        "type": 1,
        "deadlineDay": 90,
        "expiredAt": "1970-01-01T00:00:00Z",
        "createdAt": created,
        "unified": 0,
        "uta": 1,
        "userID": uid,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_DEFAULT",
        "kycRegion": "",
        "userIDInt64": str(uid),
        "inviterIDInt64": "0",
        "affiliateIDInt64": "0",
    }


def _usd(amount: Decimal | None) -> str:
    return "" if amount is None else money(amount)


def _rate(rate: Decimal | None) -> str:
    return "" if rate is None else text(rate.quantize(_RATE_PLACES, ROUND_DOWN))
