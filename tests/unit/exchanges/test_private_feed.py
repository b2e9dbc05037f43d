"""Holding back, reading, going on: the private stream as the engine hears it (EX-9, EX-10)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest_asyncio

from botrunner.domain.account import Wallet
from botrunner.domain.control import Block, BlockSet, Event
from botrunner.domain.events import WalletChanged
from botrunner.exchanges.bybit.known_orders import KnownOrders
from botrunner.exchanges.bybit.private_feed import PrivateFeed
from botrunner.exchanges.errors import UnavailableError
from botrunner.exchanges.outcome import Failure, Problem
from botrunner.exchanges.port import CredentialsReported, Listeners, MessageRefused, Report
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
        self.executed: set[str] = set()
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

    async def executions(self, since: datetime) -> frozenset[str]:
        """What the test has happen."""
        return frozenset(self.executed)


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


# While there is no connection


class Polled(Heard):
    """A feed whose stream does not come up."""

    def __init__(self) -> None:
        super().__init__()
        self.change(StreamState.CONNECTING)
        self.task = asyncio.get_running_loop().create_task(self.feed.poll())

    async def second(self, *executions: str) -> None:
        """A second passes; these executions are there."""
        self.gap.executed |= set(executions)
        await self.clock.advance(timedelta(seconds=1))
        await asyncio.sleep(0)

    def wholes(self) -> int:
        return len(self.gap.asked)


@pytest_asyncio.fixture
async def polled() -> AsyncIterator[Polled]:
    heard = Polled()
    await asyncio.sleep(0)
    yield heard
    heard.task.cancel()


async def test_what_a_lost_stream_would_tell_is_read_every_second(polled: Polled) -> None:
    """EX-7: executions each second, everything with the first look and every fifth."""
    polled.gap.answers.put_nowait((READ,))
    polled.gap.answers.put_nowait(())
    for _ in range(6):
        await polled.second()

    assert polled.names() == ["WalletChanged"] + ["AccountPolled"] * 6
    assert polled.wholes() == 2


async def test_a_new_execution_has_everything_read_at_once(polled: Polled) -> None:
    """EX-7, EX-9: fills, what became of their orders, positions and wallet together."""
    polled.gap.answers.put_nowait(())
    await polled.second("old")
    await polled.second("old")
    polled.gap.answers.put_nowait((READ,))
    await polled.second("new")

    assert polled.names() == ["AccountPolled", "AccountPolled", "WalletChanged", "AccountPolled"]


async def test_a_poll_that_ends_after_the_stream_is_up_says_nothing(polled: Polled) -> None:
    """EX-9: the read of the gap is younger."""
    await polled.second()
    polled.change(StreamState.CONNECTED)
    polled.gap.answers.put_nowait((READ,))
    await polled.answer(())

    assert "AccountPolled" not in polled.names()


async def test_polls_that_fail_come_later_each_time(polled: Polled) -> None:
    """EX-4."""
    refused = UnavailableError(Problem(failure=Failure.SERVER, text="503"))
    for _ in range(4):
        polled.gap.answers.put_nowait(refused)
    for _ in range(16):
        await polled.second()

    assert polled.wholes() == 4
    assert polled.names() == []


async def test_a_key_that_was_refused_is_not_polled_with(polled: Polled) -> None:
    """RI-9: never in a tight loop."""
    polled.feed.hear(SignInRefused(code=10003, message="Invalid apikey"))
    polled.change(StreamState.FAILED)
    for _ in range(5):
        await polled.second()

    assert polled.wholes() == 0
    assert polled.names() == ["BlockSet"]


async def test_a_key_that_signs_in_after_all_lifts_its_block(polled: Polled) -> None:
    """EX-8, RI-9."""
    polled.feed.hear(SignInRefused(code=10003, message="Invalid apikey"))
    polled.change(StreamState.FAILED)
    polled.change(StreamState.CONNECTED)
    await polled.answer()
    reports = [r.problem for r in polled.reports if isinstance(r, CredentialsReported)]

    assert polled.names()[:2] == ["BlockSet", "BlockLifted"]
    assert reports[0] is not None and reports[1] is None
