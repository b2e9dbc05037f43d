"""Return codes that the simulator's own code decides on; those of refusals stand in their table."""

from botrunner.simulator.bybit.wire import Row

OK = 0
PARAMETER = 10001
TIMESTAMP = 10002
KEY_INVALID = 10003
SIGNATURE = 10004
RATE_LIMIT = 10006
ROUTE_NOT_FOUND = 10017
UNIFIED_ONLY = 100028
NOT_MODIFIED = 34040
LEVERAGE_ABOVE_LIMIT = 110013
MARGIN_MODE_FAILED = 110073


class RefusedError(Exception):
    """A request the venue answers with a code other than 0.

    ``result`` is what the venue sends beside the code; nearly always nothing.
    """

    def __init__(self, code: int, message: str, result: Row | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.result: Row = result or {}


def parameter_error(text: str) -> RefusedError:
    """The venue's one code for anything wrong with a parameter; only the text tells them apart."""
    return RefusedError(PARAMETER, text)


def key_invalid() -> RefusedError:
    """An unknown key, or a key of another environment."""
    return RefusedError(KEY_INVALID, "API key is invalid.")


def timestamp_outside_window(request_ms: int, server_ms: int, window_ms: int) -> RefusedError:
    """The three numbers in the text are how a client learns its own clock error."""
    return RefusedError(
        TIMESTAMP,
        "invalid request, please check your server timestamp or recv_window param. "
        f"req_timestamp[{request_ms}],server_timestamp[{server_ms}],recv_window[{window_ms}]",
    )


def wrong_signature(origin: str) -> RefusedError:
    """Names the text the venue has signed, which a client compares with its own."""
    return RefusedError(SIGNATURE, f"error sign! origin_string[{origin}]")


def too_many_visits() -> RefusedError:
    """More requests in a rolling second than the endpoint allows the user."""
    return RefusedError(RATE_LIMIT, "Too many visits!")


def route_not_found() -> RefusedError:
    """No endpoint of that method and path."""
    return RefusedError(ROUTE_NOT_FOUND, "Route not found")
