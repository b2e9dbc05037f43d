"""Holding back, reading, going on: the private stream as the engine hears it (EX-9, EX-10)."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal as D
from typing import Any

from botrunner.domain.account import Wallet
from botrunner.domain.control import Block, BlockSet, Event
from botrunner.domain.events import WalletChanged
from botrunner.exchanges.bybit.known_orders import KnownOrders
from botrunner.exchanges.bybit.private_feed import PrivateFeed
from botrunner.exchanges.errors import UnavailableError
from botrunner.exchanges.outcome import Failure, Problem
from botrunner.exchanges.port import Listeners, MessageRefused, Report
from botrunner.exchanges.stream_effects import (
    AttemptFailed,
    Changed,
    Deliver,
    SignInRefused,
    StreamState,
)
from botrunner.service.clock import ManualClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
READ = WalletChanged(
    wallet=Wallet(
        equity=D(1),
        margin_balance=D(1),
        available=D(1),
        initial_margin=D(0),
        maintenance_margin=D(0),
        maintenance_margin_rate=D(0),
        unrealised_pnl=D(0),
        at=NOON,
    )
)
GOOD: dict[str, Any] = {
    "topic": "wallet",
    "creationTime": 1767268800000,
    "data": [
        {
            "totalEquity": "2",
            "totalMarginBalance": "2",
            "totalAvailableBalance": "2",
            "totalInitialMargin": "0",
            "totalMaintenanceMargin": "0",
            "accountMMRate": "0",
            "totalPerpUPL": "0",
        }
    ],
}
BAD: dict[str, Any] = {**GOOD, "data": [{**GOOD["data"][0], "totalEquity": ""}]}


class Gap:
    """A read that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[datetime] = []
        self.is_broken = False
        self.answers: asyncio.Queue[tuple[Event, ...] | UnavailableError] = asyncio.Queue()

    def note(self, event: Event) -> None:
        """Nothing to remember."""
        if self.is_broken:
            raise LookupError("a bug")

    async def read(self, since: datetime) -> tuple[Event, ...]:
        """What the test says next."""
        self.asked.append(since)
        answer = await self.answers.get()
        if isinstance(answer, UnavailableError):
            raise answer
        return answer


class Heard:
    """A feed with everything it said."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.reports: list[Report] = []
        self.gap, self.clock = Gap(), ManualClock(NOON)
        self.feed = PrivateFeed(
            known=KnownOrders(),
            missed=self.gap,
            listeners=Listeners(
                event=self.events.append, market=lambda _: None, report=self.reports.append
            ),
            clock=self.clock,
            venue_now=self.clock.now,
            redact=lambda text: text.replace("hush", "..."),
            share=lambda: 1.0,
        )

    def change(self, state: StreamState) -> None:
        self.feed.hear(Changed(state=state, reason="", attempt=0))

    def message(self, frame: dict[str, Any]) -> None:
        self.feed.hear(Deliver(frame=frame))

    async def answer(self, answer: tuple[Event, ...] | UnavailableError = (READ,)) -> None:
        self.gap.answers.put_nowait(answer)
        for _ in range(5):
            await asyncio.sleep(0)

    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    def equities(self) -> list[D]:
        return [e.wallet.equity for e in self.events if isinstance(e, WalletChanged)]


async def test_messages_wait_until_the_gap_has_been_read() -> None:
    heard = Heard()
    heard.change(StreamState.CONNECTED)
    heard.message(GOOD)
    before = heard.names()
    await heard.answer()

    assert before == []
    assert heard.names() == ["WalletChanged", "PrivateStreamRestored", "WalletChanged"]
    assert heard.equities() == [D(1), D(2)]


async def test_executions_are_read_from_a_minute_before_the_last_one_seen() -> None:
    heard = Heard()
    heard.change(StreamState.CONNECTED)
    await heard.answer()

    assert heard.gap.asked == [NOON.replace(hour=11, minute=59)]


async def test_a_message_that_cannot_be_believed_counts_as_a_gap() -> None:
    """EX-10: changes nothing, is told whole and redacted, and starts a reconciliation."""
    heard = Heard()
    heard.change(StreamState.CONNECTED)
    await heard.answer()
    heard.message({**BAD, "note": "hush"})
    heard.message(GOOD)
    await heard.answer()
    (refused,) = [report for report in heard.reports if isinstance(report, MessageRefused)]

    assert heard.names()[2:] == [
        "PrivateStreamLost",
        "WalletChanged",
        "PrivateStreamRestored",
        "WalletChanged",
    ]
    assert heard.equities() == [D(1), D(1), D(2)]
    assert "totalEquity" in refused.problem
    assert "totalMarginBalance" in refused.message
    assert "hush" not in refused.message


async def test_a_wallet_under_isolated_margin_is_no_event_and_no_gap() -> None:
    """PR-2: the venue leaves its fields empty; nothing is made up, and cross margin follows."""
    heard = Heard()
    heard.change(StreamState.CONNECTED)
    await heard.answer(())
    heard.message({**GOOD, "data": [{**GOOD["data"][0], "totalAvailableBalance": ""}]})

    assert heard.names() == ["PrivateStreamRestored"]


async def test_a_gap_that_cannot_be_read_is_asked_for_again_and_nothing_goes_on() -> None:
    heard = Heard()
    heard.change(StreamState.CONNECTED)
    heard.message(GOOD)
    problem = Problem(failure=Failure.SILENT, text="no answer")
    await heard.answer(UnavailableError(problem))
    held = heard.names()
    await heard.clock.advance(heard.clock.now().resolution * 1_000_000)
    await heard.answer()

    assert held == ["PrivateStreamAttemptFailed"]
    assert heard.names()[1:] == ["WalletChanged", "PrivateStreamRestored", "WalletChanged"]


async def test_a_stream_lost_while_its_gap_is_read_starts_over() -> None:
    heard = Heard()
    heard.change(StreamState.CONNECTED)
    heard.message(GOOD)
    heard.change(StreamState.RECONNECTING)
    heard.change(StreamState.CONNECTED)
    await heard.answer()

    assert heard.names() == ["PrivateStreamLost", "WalletChanged", "PrivateStreamRestored"]
    assert heard.equities() == [D(1)]


async def test_what_goes_wrong_while_a_gap_is_told_on_is_never_swallowed() -> None:
    """Held events would wait for ever, and a broken engine look like a quiet market."""
    heard = Heard()
    failed: list[Exception] = []
    heard.feed.fail = failed.append
    heard.change(StreamState.CONNECTED)
    heard.gap.is_broken = True
    await heard.answer()

    assert [str(error) for error in failed] == ["a bug"]


async def test_attempts_that_fail_are_told_and_a_first_connection_is_no_loss() -> None:
    heard = Heard()
    heard.change(StreamState.CONNECTING)
    heard.feed.hear(AttemptFailed(attempt=1, reason="refused"))
    heard.change(StreamState.RECONNECTING)

    assert heard.names() == ["PrivateStreamAttemptFailed"]


async def test_a_refused_sign_in_blocks_new_exposure() -> None:
    heard = Heard()
    heard.feed.hear(SignInRefused(code=10003, message="Invalid apikey"))

    assert heard.events == [BlockSet(at=NOON, block=Block.CREDENTIALS)]
