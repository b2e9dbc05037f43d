"""Long lists as pybit pages through them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP

from contract.bybit.clients import http
from contract.bybit.conftest import STILL
from contract.bybit.ledger import list_mismatch
from contract.bybit.test_orders import XRP, buy
from support.simulator import RunningSimulator, running_simulator

COUNT = 45
SEVEN_DAYS_MS = 7 * 86_400_000


@pytest.fixture
def busy() -> Iterator[RunningSimulator]:
    """A simulator without limits, on which an account can do a lot at once."""
    with running_simulator(STILL, rate_limits=False) as simulator:
        yield simulator


def pages(call: Callable[..., Any], **arguments: Any) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    cursor = ""
    while True:
        result = call(**arguments, cursor=cursor or None)["result"]
        found.append(result["list"])
        cursor = result["nextPageCursor"]
        if not cursor:
            return found


def whole(found: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [row for page in found for row in page]


def test_open_orders_come_newest_first_in_pages(busy: RunningSimulator) -> None:
    """BW-70."""
    session = http(busy, "alice")
    ids = [buy(session, orderLinkId=f"n{number}") for number in range(COUNT)]
    found = pages(session.get_open_orders, **XRP, limit=20)

    assert [len(page) for page in found] == [20, 20, 5]
    assert [row["orderId"] for row in whole(found)] == ids[::-1]
    assert list_mismatch(busy, "alice", "openOrders", whole(found)) == []


def test_the_default_page_of_orders_is_twenty(busy: RunningSimulator) -> None:
    """BW-71."""
    session = http(busy, "alice")
    for _ in range(21):
        buy(session)

    assert len(session.get_open_orders(**XRP)["result"]["list"]) == 20


def test_executions_page_without_gaps_or_repeats(busy: RunningSimulator) -> None:
    """BW-72."""
    session = http(busy, "alice")
    for _ in range(COUNT):
        buy(session, orderType="Market", price=None)
    found = pages(session.get_executions, **XRP, limit=10)

    assert [len(page) for page in found] == [10, 10, 10, 10, 5]
    assert list_mismatch(busy, "alice", "executions", whole(found)) == []
    assert len({row["execId"] for row in whole(found)}) == COUNT


def test_history_and_closed_results_page(busy: RunningSimulator) -> None:
    """BW-73."""
    session = http(busy, "alice")
    for side in ("Buy", "Sell") * 12:
        buy(session, side=side, orderType="Market", price=None)
    history = whole(pages(session.get_order_history, **XRP, limit=7))
    results = whole(pages(session.get_closed_pnl, **XRP, limit=5))

    assert len({row["orderId"] for row in history}) == 24
    assert len({row["orderId"] for row in results}) == 12
    assert {row["side"] for row in results} == {"Sell"}


def test_a_window_of_more_than_seven_days_is_refused(busy: RunningSimulator) -> None:
    """BW-74."""
    session = http(busy, "alice")
    now = int(session.get_server_time()["time"])
    calls: list[Callable[..., Any]] = [
        session.get_order_history,
        session.get_executions,
        session.get_closed_pnl,
    ]

    for call in calls:
        with pytest.raises(InvalidRequestError, match="10001"):
            call(**XRP, startTime=now - SEVEN_DAYS_MS - 1, endTime=now)
        assert call(**XRP, startTime=now - SEVEN_DAYS_MS, endTime=now)["retCode"] == 0


def test_a_cursor_of_somebody_else_is_refused(busy: RunningSimulator) -> None:
    """BW-75."""
    session: HTTP = http(busy, "alice")

    with pytest.raises(InvalidRequestError, match="10001"):
        session.get_executions(**XRP, cursor="nonsense")
