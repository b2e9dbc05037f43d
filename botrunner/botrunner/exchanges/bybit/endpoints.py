"""Addresses of Bybit V5 per environment (its documentation, "Integration guidance")."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Base addresses without a trailing slash; streams with their whole path."""

    rest: str
    public_stream: str
    private_stream: str


_PUBLIC = "/v5/public/linear"
_PRIVATE = "/v5/private"
# Demo has no public stream of its own: its prices are those of mainnet.
ENVIRONMENTS: dict[str, Endpoints] = {
    "mainnet": Endpoints(
        rest="https://api.bybit.com",
        public_stream=f"wss://stream.bybit.com{_PUBLIC}",
        private_stream=f"wss://stream.bybit.com{_PRIVATE}",
    ),
    "testnet": Endpoints(
        rest="https://api-testnet.bybit.com",
        public_stream=f"wss://stream-testnet.bybit.com{_PUBLIC}",
        private_stream=f"wss://stream-testnet.bybit.com{_PRIVATE}",
    ),
    "demo": Endpoints(
        rest="https://api-demo.bybit.com",
        public_stream=f"wss://stream.bybit.com{_PUBLIC}",
        private_stream=f"wss://stream-demo.bybit.com{_PRIVATE}",
    ),
}


def endpoints_for(
    environment: str,
    *,
    rest: str | None = None,
    public_stream: str | None = None,
    private_stream: str | None = None,
) -> Endpoints:
    """The environment's addresses with what ``spec.endpoints`` overrides.

    Stream addresses given without a path get the venue's. Raises ValueError naming the field for
    an unknown environment, for a wrong scheme, and where ``simulated`` is given no addresses.
    """
    given = {
        "rest": _checked("rest", rest, ("http://", "https://")),
        "public_stream": _stream("publicStream", public_stream, _PUBLIC),
        "private_stream": _stream("privateStream", private_stream, _PRIVATE),
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    if environment in ENVIRONMENTS:
        return replace(ENVIRONMENTS[environment], **chosen)
    if environment != "simulated":
        known = ", ".join([*ENVIRONMENTS, "simulated"])
        raise ValueError(f"environment: {environment!r} is unknown; use one of {known}")
    if len(chosen) < len(given):
        raise ValueError(
            "endpoints: environment simulated needs rest, publicStream and privateStream"
        )
    return Endpoints(**chosen)


def _stream(field: str, address: str | None, path: str) -> str | None:
    checked = _checked(field, address, ("ws://", "wss://"))
    if checked is None:
        return None
    return checked if "/" in checked.split("://", 1)[1] else checked + path


def _checked(field: str, address: str | None, schemes: tuple[str, ...]) -> str | None:
    if address is None:
        return None
    if not address.startswith(schemes):
        raise ValueError(f"endpoints.{field}: {address!r} must begin with {' or '.join(schemes)}")
    return address.rstrip("/")
