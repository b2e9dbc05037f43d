"""Shared feeds: their names and addresses, as pure functions, and who uses them."""

from typing import Final

from botapi.naming import LABEL_LIMIT, dns_label
from botapi.v1alpha1.account import TradingAccountSpec

FEED_PORT: Final = 8490
"""Where a feed's subscribers connect."""
FEED_AUDIENCE: Final = "tradefleet-feed"
"""Audience of the ServiceAccount tokens that a feed accepts."""
FEED_TOKEN_FOLDER: Final = "/var/run/secrets/tradefleet/feed"
"""In a runner's pod: the projected token for FEED_AUDIENCE, as the file ``token``."""
FEED_TOKEN_SECONDS: Final = 3600
"""How long such a token is good for; the kubelet renews it in time."""
DIRECT_POLL_SECONDS: Final = 4
"""A runner whose feed is gone polls a price at most so often; unless said otherwise."""
DIRECT_CONNECT_SECONDS: Final = 400
"""From one public connection of its own to the next; the first is free. 300 runners behind one
address stay below the exchange's 600 requests in 5 s and 500 connections in 5 minutes."""
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


def uses_feeds(spec: TradingAccountSpec) -> bool:
    """Whether the account's runner gets its prices through shared feeds where there are any.

    An account with addresses of its own does not: the feeds are at those of the environment. A dry
    run does: its venue trades in the runner, on the exchange's prices.
    """
    given = (spec.endpoints.rest, spec.endpoints.public_stream, spec.endpoints.private_stream)
    return not any(given)
