"""A person with the account's keys and pybit: another client than ours at the same venue."""

from typing import Any

from pybit.unified_trading import HTTP

from support.fleet_desk import FleetDesk


class Person:
    """Signs in with the account's own keys, past the runner."""

    def __init__(self, desk: FleetDesk) -> None:
        self._desk = desk
        key = f"sim-{desk.venue_account}"
        self._session = HTTP(api_key=key, api_secret=f"{key}-secret")
        self._session.endpoint = desk.release.rest_url

    def cancel_exits(self) -> None:
        """Cancel every reduce-only order of the symbol; one that is gone already is no failure."""
        for order in self.open_orders():
            if order["reduceOnly"]:
                self._session.cancel_order(
                    category="linear", symbol=self._desk.symbol, orderId=order["orderId"]
                )

    def open_orders(self) -> list[dict[str, Any]]:
        """What rests of the symbol, in the venue's words."""
        answer: dict[str, Any] = self._session.get_open_orders(
            category="linear", symbol=self._desk.symbol
        )
        rows: list[dict[str, Any]] = answer["result"]["list"]
        return rows

    def positions(self) -> list[dict[str, Any]]:
        """Positions of the symbol, in the venue's words."""
        answer: dict[str, Any] = self._session.get_positions(
            category="linear", symbol=self._desk.symbol
        )
        rows: list[dict[str, Any]] = answer["result"]["list"]
        return rows
