"""Topics of the streams, and the texts that refuse one."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from botrunner.simulator.bybit.wire import Json, Row

DEPTHS = (1, 50, 200, 1000)
"""Book depths of linear contracts; 25, 100 and 500 are not served."""
_BOOK = re.compile(r"orderbook\.(1|50|200|1000)\.(\w+)")
_KLINE = re.compile(r"kline\.(1|3|5|15|30|60|120|240|360|720|D|W|M)\.(\w+)")
_PLAIN = re.compile(r"(tickers|publicTrade)\.(\w+)")
_PRIVATE = frozenset({"order", "execution", "execution.fast", "position", "wallet"})
_CATEGORY = ".linear"
MOST_ARGUMENT_CHARACTERS = 21_000
"""All topics of one public connection together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTopic:
    """A public topic, taken apart."""

    name: str
    kind: str
    """``orderbook``, ``kline``, ``tickers`` or ``publicTrade``."""
    symbol: str
    detail: str = ""
    """Depth of a book, interval of a kline."""


def public_topic(name: str) -> PublicTopic | None:
    """The topic of that name; None when the venue has no handler for it."""
    if match := _BOOK.fullmatch(name):
        return PublicTopic(name=name, kind="orderbook", detail=match[1], symbol=match[2])
    if match := _KLINE.fullmatch(name):
        return PublicTopic(name=name, kind="kline", detail=match[1], symbol=match[2])
    if match := _PLAIN.fullmatch(name):
        return PublicTopic(name=name, kind=match[1], symbol=match[2])
    return None


def private_kind(name: str) -> str | None:
    """The kind of a private topic, its category cut off; None when there is no such topic.

    No form of a topic per symbol exists: one connection carries the whole account.
    """
    kind = name.removesuffix(_CATEGORY)
    if kind not in _PRIVATE or name == f"wallet{_CATEGORY}":
        return None
    return kind


def refusal(
    arguments: Iterable[Json], subscribed: Iterable[str], known: Callable[[str], bool]
) -> str:
    """Why the venue refuses the whole request: the first bad topic's text; ``""`` if it does not.

    ``known`` says whether a topic is served.
    """
    already = set(subscribed)
    for argument in arguments:
        if not isinstance(argument, str) or not known(argument):
            return f"error:handler not found,topic:{argument}"
        if argument in already:
            return f"error:already subscribed,topic:{argument}"
        already.add(argument)
    return ""


def subscribed(connection: str, request: str, operation: str) -> Row:
    """Acknowledges a subscription, or its end."""
    return {
        "success": True,
        "ret_msg": "",
        "conn_id": connection,
        "req_id": request,
        "op": operation,
    }


def refused(connection: str, request: str, operation: str, text: str) -> Row:
    """Refuses a whole request of a stream."""
    return {
        "success": False,
        "ret_msg": text,
        "conn_id": connection,
        "req_id": request,
        "op": operation,
    }


def public_pong(connection: str, request: str) -> Row:
    """Answers a ping on a public connection."""
    return {
        "success": True,
        "ret_msg": "pong",
        "conn_id": connection,
        "req_id": request,
        "op": "ping",
    }


def private_pong(connection: str, request: str, now_ms: int) -> Row:
    """Answers a ping on a private connection."""
    return {"req_id": request, "op": "pong", "args": [str(now_ms)], "conn_id": connection}


def signed_in(connection: str) -> Row:
    """Accepts a sign-in on a private connection."""
    return {"success": True, "ret_msg": "", "op": "auth", "conn_id": connection}


def sign_in_refused(connection: str, text: str) -> Row:
    """Refuses a sign-in on a private connection."""
    return {"success": False, "ret_msg": text, "op": "auth", "conn_id": connection}
