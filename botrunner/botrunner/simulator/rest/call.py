"""One request as it came in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from botrunner.simulator.bybit.codes import parameter_error
from botrunner.simulator.bybit.parameters import Parameters
from botrunner.simulator.bybit.wire import Row
from botrunner.simulator.encode import decoded_object
from botrunner.simulator.exchange import Exchange

Handler = Callable[[Exchange, str, Parameters], Row]
"""Takes the exchange, the name of the account that calls (``""`` on public endpoints) and the
parameters; returns the result or raises RefusedError."""


Preparation = Callable[[Exchange, Parameters], Iterator[None]]
"""Work too long for one turn of the loop, in pieces; may raise RefusedError like the handler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What stands behind one method and path."""

    handler: Handler
    per_second: int | None
    """Requests a user may send in a rolling second; None: public, not signed."""
    prepare: Preparation | None = None
    """What is to be done before the handler, with turns for others in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request: raw query and body are the very bytes that came, for they are what is signed."""

    method: str
    path: str
    query: str
    body: bytes
    address: str
    headers: Mapping[str, str] = field(repr=False)

    @property
    def signed_payload(self) -> bytes:
        """What a client signs after time, key and window."""
        return self.query.encode(errors="surrogateescape") if self.method == "GET" else self.body

    def parameters(self) -> Parameters:
        """The query of a GET, the JSON body of a POST; raises RefusedError for no JSON object."""
        if self.method == "GET":
            return Parameters(dict(parse_qsl(self.query, keep_blank_values=True)))
        values = decoded_object(self.body) if self.body else {}
        if values is None:
            raise parameter_error("params error: the body is not a JSON object")
        return Parameters(values)
