"""Names and addresses of shared feeds, as pure functions of what they serve."""

from typing import Final

from botapi.naming import LABEL_LIMIT, dns_label

FEED_PORT: Final = 8490
"""Where a feed's subscribers connect."""
FEED_AUDIENCE: Final = "tradefleet-feed"
"""Audience of the ServiceAccount tokens that a feed accepts."""
FUTURES: Final = "futures"
"""The market of every strategy that names none."""
_PREFIX: Final = "feed-"


def feed_name(exchange: str, environment: str, market: str, symbol: str) -> str:
    """Name of a MarketDataFeed and of its ServiceAccount, Role, RoleBinding, Deployment, Service.

    A Service's name begins with a letter (RFC 1035), which the prefix is for.
    """
    text = f"{exchange}-{environment}-{market}-{symbol}"
    # The case of a symbol carries no meaning at any exchange here; the words never hold a hyphen.
    return _PREFIX + dns_label(text.lower(), LABEL_LIMIT - len(_PREFIX))


def feed_address(namespace: str, exchange: str, environment: str, market: str, symbol: str) -> str:
    """The WebSocket address of a feed; ``namespace`` is the operator's."""
    return f"ws://{feed_name(exchange, environment, market, symbol)}.{namespace}.svc:{FEED_PORT}/"
