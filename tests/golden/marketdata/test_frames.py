"""MD-7: every version's frames, byte for byte. A golden file of a version is never changed.

An older end reads what a newer one writes because only fields and kinds are added; the files hold
what the older end writes and reads.
"""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from botrunner.marketdata import wire
from botrunner.marketdata.wire import (
    FeedFrame,
    Gap,
    Hello,
    Refusal,
    Renewal,
    Renewed,
    Welcome,
)
from support.said import book_said, candle_said, payload_of, quote_said, trade_said, upstream_said

FOLDER = Path(__file__).parent
HELLO = Hello(
    oldest_version=1,
    newest_version=1,
    exchange="bybit",
    environment="demo",
    market="futures",
    symbol="XRPUSDT",
    topics=("book", "trades"),
    depth=50,
    intervals=("1",),
    token="header.claims.signature",
)
RENEWAL = Renewal(token="header.claims.signature")
FRAMES: dict[str, FeedFrame] = {
    "welcome": Welcome(
        version=1,
        feed="f-1",
        topics=("quote", "upstream", "book"),
        depth=50,
        intervals=("1",),
        heartbeat_seconds=1.0,
    ),
    "welcomeForATime": Welcome(
        version=1,
        feed="f-1",
        topics=("quote", "upstream"),
        depth=1,
        intervals=(),
        heartbeat_seconds=0.5,
        renew_seconds=3660.0,
    ),
    "renewed": Renewed(renew_seconds=3660.0),
    "refusal": Refusal(reason="token", message="the token has expired"),
    "quote": msgspec.structs.replace(quote_said(42), number=7),
    "book": msgspec.structs.replace(book_said(3), number=8),
    "trade": msgspec.structs.replace(trade_said(5), number=9),
    "candle": msgspec.structs.replace(candle_said(1, is_closed=True), number=10),
    "upstream": msgspec.structs.replace(upstream_said(1), number=11),
    "gap": Gap(topic="trades", first=3, last=9),
}


NESTED = b'{"kind":"later","x":' + b"[" * 5000
"""Deeper than a decoder goes."""


def golden(name: str, version: int = 1) -> bytes:
    return (FOLDER / f"v{version}" / f"{name}.json").read_bytes().rstrip(b"\n")


@pytest.mark.parametrize("name", FRAMES)
def test_what_a_feed_says_is_written_and_read_as_ever(name: str) -> None:
    assert wire.encoded(FRAMES[name]) == golden(name)
    assert wire.read_feed(golden(name)) == FRAMES[name]


def test_what_a_subscriber_says_is_written_and_read_as_ever() -> None:
    assert wire.encoded(HELLO) == golden("hello")
    assert wire.read_hello(golden("hello")) == HELLO


def test_a_fresh_token_is_shown_and_seen_as_ever() -> None:
    assert wire.encoded(RENEWAL) == golden("renewal")
    assert wire.read_renewal(golden("renewal")) == RENEWAL
    assert wire.read_renewal(golden("renewal")[:-1] + b',"addedLater":1}') == RENEWAL


@pytest.mark.parametrize("other", [b"", b"\xff", b"{}", golden("hello"), b'{"kind":"renewal"}'])
def test_what_is_no_renewal_is_what_only_a_newer_feed_knows(other: bytes) -> None:
    assert wire.read_renewal(other) is None


@pytest.mark.parametrize("message", [HELLO, RENEWAL])
def test_what_carries_a_token_does_not_show_it(message: Hello | Renewal) -> None:
    """EX-13."""
    assert "signature" not in f"{message!r} {message} {[message]}"


def test_every_version_that_is_spoken_has_its_golden_frames() -> None:
    versions = sorted(int(folder.name[1:]) for folder in FOLDER.glob("v*"))

    assert versions == list(range(1, wire.VERSION + 1))
    for version in range(wire.OLDEST_VERSION, wire.VERSION + 1):
        files = {path.stem for path in (FOLDER / f"v{version}").glob("*.json")}
        assert files == {"hello", "renewal", *FRAMES}


@pytest.mark.parametrize("name", FRAMES)
def test_a_field_that_a_newer_feed_adds_is_passed_over(name: str) -> None:
    newer = golden(name)[:-1] + b',"addedLater":{"deep":[1,2]}}'

    assert wire.read_feed(newer) == FRAMES[name]


def test_a_field_that_a_newer_subscriber_adds_is_passed_over() -> None:
    assert wire.read_hello(golden("hello")[:-1] + b',"addedLater":1}') == HELLO


def test_a_kind_that_a_newer_feed_adds_is_passed_over() -> None:
    assert wire.read_feed(b'{"kind":"liquidation","price":"1"}') is None


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"kind":7}',
        b'{"kind":"quote"}',
        golden("quote").replace(b'"1.000042"', b'"abc"', 1),
        golden("book").replace(b'["99.99","3"]', b'["99.99"]'),
        golden("quote")[:-1],
        NESTED,
    ],
)
def test_a_frame_that_cannot_be_believed_is_an_error_that_says_so(broken: bytes) -> None:
    with pytest.raises(wire.WireError, match="feed: "):
        wire.read_feed(broken)


@pytest.mark.parametrize(
    "broken", [b"", b"\xff", b"{}", golden("quote"), b'{"kind":"hello"}', NESTED]
)
def test_a_hello_that_cannot_be_believed_is_an_error_that_says_so(broken: bytes) -> None:
    with pytest.raises(wire.WireError, match="hello: "):
        wire.read_hello(broken)


@pytest.mark.parametrize(
    ("oldest", "newest", "chosen"), [(1, 1, 1), (1, 9, 1), (2, 9, None), (0, 0, None)]
)
def test_the_highest_version_that_both_speak_is_chosen(
    oldest: int, newest: int, chosen: int | None
) -> None:
    hello = msgspec.structs.replace(HELLO, oldest_version=oldest, newest_version=newest)

    assert wire.chosen_version(hello) == chosen


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_payload_becomes_one_unmasked_text_frame(size: int) -> None:
    """RFC 6455, section 5.2."""
    frame = wire.text_frame(b"x" * size)
    length = frame[1]

    assert frame[0] == 0x81
    assert payload_of(frame) == b"x" * size
    assert length == (size if size < 126 else 126 if size < 65_536 else 127)
    if length >= 126:
        assert int.from_bytes(frame[2 : len(frame) - size]) == size


def test_decimals_and_times_cross_without_loss() -> None:
    price = Decimal("0.00000001230")
    said = msgspec.structs.replace(quote_said(1), bid=price)
    read = wire.read_feed(wire.encoded(said))

    assert isinstance(read, type(said))
    assert str(read.bid) == "1.230E-8" and read.bid == price
    assert wire.microseconds(wire.moment(read.exchange_time_us)) == said.exchange_time_us
    with pytest.raises(wire.WireError, match="is no time"):
        wire.moment(10**30)
