"""Answers against what the venue really sent once: the same keys, the same types."""

from collections.abc import Mapping
from typing import Any

from support.payload_shape import recorded, same_shape

ENVELOPE = {"retExtInfo", "time", "category"}
"""What every answer has, and some recordings were made without."""
_ORDER = {"createType", "parentOrderLinkId", "marketUnit", "cumFeeDetail"}
_PUSHED_ORDER = {"isLeverage", "parentOrderLinkId", "marketUnit", "closedPnl", "cumFeeDetail"}
YOUNGER: Mapping[str, set[str]] = {
    "http_get_executions": {"extraFees"},
    "http_get_instruments_linear": {
        *("symbolId", "symbolType", "upperFundingRate", "lowerFundingRate", "copyTrading"),
        *("displayName", "isPreListing", "preListingInfo", "riskParameters"),
    },
    "http_get_orders_history": _ORDER,
    "http_get_orders_realtime": _ORDER,
    "http_get_orders_realtime_tp_sl": _ORDER,
    "http_get_positions": {
        *("positionIMByMp", "positionMMByMp", "sessionAvgPrice", "breakEvenPrice", "openTime"),
    },
    "http_get_trades_recent": {"isRPITrade", "seq"},
    "http_get_wallet_balance": {
        *("spotHedgingQty", "colRes", "totalInitialMarginByMp", "totalMaintenanceMarginByMp"),
        *("accountIMRateByMp", "accountMMRateByMp"),
    },
    "ws_account_execution": {"createType", "feeCurrency", "extraFees", "execPnl"},
    "ws_account_order": _PUSHED_ORDER,
    "ws_account_order_filled": _PUSHED_ORDER,
    "ws_account_order_stop_loss": _PUSHED_ORDER,
    "ws_account_position": {"breakEvenPrice", "openTime"},
    "ws_orderbook_snapshot": {"cts"},
    "ws_public_trade": {"L", "RPI", "seq"},
    "ws_ticker_linear": {"fundingCap"},
    "ws_account_wallet": {
        *("accountType", "totalPerpUPL", "totalInitialMarginByMp", "totalMaintenanceMarginByMp"),
        *("accountIMRateByMp", "accountMMRateByMp", "usdValue", "locked", "unrealisedPnl"),
        *("cumRealisedPnl", "bonus", "marginCollateral", "collateralSwitch", "spotHedgingQty"),
        "colRes",
    },
}
"""Fields that the venue's documents list now, by the older recording that lacks them."""
OLDER: Mapping[str, set[str]] = {"ws_account_wallet": {"totalPerpUpl"}}
"""Fields that are spelled otherwise now: ``totalPerpUPL``, as over REST."""


def checked(name: str, answer: dict[str, Any]) -> Any:
    """The answer's ``result`` after its whole shape was compared with a recorded answer."""
    assert_shape(name, answer)
    assert answer["retCode"] == 0, answer
    return answer["result"]


def assert_shape(name: str, answer: dict[str, Any]) -> None:
    """Fail with every difference between the answer's shape and the recorded one's."""
    more = ENVELOPE | YOUNGER.get(name, set())
    differences = same_shape(recorded(name), answer, more=more, fewer=OLDER.get(name, ()))
    assert not differences, "\n".join([name, *differences])
