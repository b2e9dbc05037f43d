"""The exchange asked by somebody else than the runner: a bare client of Bybit V5.

It shares no code with the adapter, needs the standard library only, and reads nothing but what the
account's keys open.
"""

import hashlib
import hmac
import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cluster.errors import ClusterError

_RECEIVE_WINDOW_MS = "5000"
_PATIENCE_SECONDS = 20


Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What an account has at the exchange at one moment, as the venue words it."""

    orders: tuple[Row, ...] = ()
    positions: tuple[Row, ...] = ()
    """Those that are not flat."""

    @property
    def is_settled(self) -> bool:
        """Both sides of the grid are in the market, each with an exit and a further entry."""
        sides = {position["positionIdx"] for position in self.positions}
        exits = {order["positionIdx"] for order in self.orders if order["reduceOnly"]}
        entries = {order["positionIdx"] for order in self.orders if not order["reduceOnly"]}
        return len(sides) > 1 and sides == exits == entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Signed reads of one account at the exchange that ADDRESS (`host:port`) leads to."""

    address: str
    key: str
    secret: str = field(repr=False)

    def book(self) -> Book:
        """All resting orders and the positions that are not flat."""
        orders, positions = self._read("/v5/order/realtime"), self._read("/v5/position/list")
        held = (position for position in positions if float(position["size"]) != 0)
        return Book(orders=tuple(orders), positions=tuple(held))

    def _read(self, path: str) -> list[Row]:
        query = urlencode({"category": "linear", "settleCoin": "USDT", "limit": "50"})
        connection = http.client.HTTPConnection(self.address, timeout=_PATIENCE_SECONDS)
        try:
            connection.request("GET", f"{path}?{query}", headers=self._headers(query))
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise ClusterError(f"the simulator does not answer {path}: {error}") from error
        finally:
            connection.close()
        if answer["retCode"] != 0:
            raise ClusterError(f"the simulator refuses {path}: {answer['retMsg']}")
        rows: list[Row] = answer["result"]["list"]
        return rows

    def _headers(self, query: str) -> dict[str, str]:
        # Bybit V5, "Integration Guidance": HMAC-SHA256 over time, key, window and query.
        now = str(int(time.time() * 1000))
        text = f"{now}{self.key}{_RECEIVE_WINDOW_MS}{query}"
        signature = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return {
            "X-BAPI-API-KEY": self.key,
            "X-BAPI-TIMESTAMP": now,
            "X-BAPI-RECV-WINDOW": _RECEIVE_WINDOW_MS,
            "X-BAPI-SIGN": signature,
        }
