"""Return codes and their texts, as the venue's documents and its clients' records have them."""

from botrunner.simulator.bybit.wire import Row

OK = 0
PARAMETER = 10001
TIMESTAMP = 10002
KEY_INVALID = 10003
SIGNATURE = 10004
PERMISSION = 10005
RATE_LIMIT = 10006
SERVER_ERROR = 10016
ROUTE_NOT_FOUND = 10017
UNIFIED_ONLY = 100028
NOT_MODIFIED = 34040
ORDER_NOT_FOUND = 110001
PRICE_OUT_OF_RANGE = 110003
BALANCE = 110007
TOO_MANY_STOP_ORDERS = 110009
LEVERAGE_ABOVE_LIMIT = 110013
REDUCE_ONLY = 110017
TOO_MANY_ORDERS = 110020
MODE_BLOCKED_BY_POSITION = 110024
MODE_NOT_MODIFIED = 110025
MODE_BLOCKED_BY_ORDERS = 110028
WOULD_LIQUIDATE = 110040
LEVERAGE_NOT_MODIFIED = 110043
DUPLICATE_LINK_ID = 110072
MARGIN_MODE_FAILED = 110073
TRIGGER_NOT_RISING = 110092
TRIGGER_NOT_FALLING = 110093
BELOW_MIN_NOTIONAL = 110094
PRICE_BELOW_BAND = 110120
PRICE_ABOVE_BAND = 110121


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
