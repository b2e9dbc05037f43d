"""What several accounts of one process share: their address, and public streams (KU-24, EX-5)."""

from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.exchanges.bybit.address import Address
from botrunner.exchanges.bybit.endpoints import Endpoints
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.marketdata.shared_public import SharedPublic, SharingExchange
from botrunner.runtime.venues import make_exchange
from botrunner.service.clock import Clock


class Neighbours:
    """One process's. Accounts at the same addresses share; others never meet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._addresses: dict[str, Address] = {}
        self._public: dict[tuple[str, str], SharedPublic] = {}

    def exchange(
        self, where: Endpoints, spec: TradingAccountSpec, keys: Credentials, listeners: Listeners
    ) -> Exchange:
        """An account's adapter, with the prices of the connection that all of them have."""
        address = self._addresses.setdefault(where.rest, Address(self._clock))
        own = make_exchange(where, spec, keys, listeners, self._clock, address=address)

        def keyless(hears: Listeners) -> Exchange:
            return make_exchange(where, spec, None, hears, self._clock, address=address)

        place = (where.rest, where.public_stream)
        shared = self._public.setdefault(place, SharedPublic(keyless))
        return SharingExchange(own, shared, listeners)
