"""The life of a stream as a table of what happens and what is done (EX-8)."""

import json

import pytest

from botrunner.exchanges.bybit.dialect import BybitDialect
from botrunner.exchanges.errors import MessageError
from botrunner.exchanges.session import StreamSession
from botrunner.exchanges.stream_effects import (
    AttemptFailed,
    Changed,
    Connect,
    Deliver,
    Disconnect,
    Effect,
    Send,
    SignInRefused,
    StreamState,
    TopicsRefused,
)

GROUPS = {"account": ("order", "execution")}
PONG = {"op": "pong", "args": ["1"], "req_id": ""}
SIGNED_IN = {"op": "auth", "success": True, "ret_msg": ""}


def acknowledged(number: int) -> dict[str, object]:
    return {"op": "subscribe", "success": True, "ret_msg": "", "req_id": f"tf-{number}"}


def private() -> StreamSession:
    return StreamSession(BybitDialect(), GROUPS, essential=True)


def connected(now: float = 0.0) -> StreamSession:
    stream = private()
    stream.connect_started()
    stream.opened(now, sign_in="key")
    stream.received(now, SIGNED_IN)
    stream.received(now, acknowledged(1))
    return stream


def states(effects: list[Effect]) -> list[StreamState]:
    return [effect.state for effect in effects if isinstance(effect, Changed)]


def sent(effects: list[Effect]) -> list[dict[str, object]]:
    return [json.loads(effect.text) for effect in effects if isinstance(effect, Send)]


def test_a_private_stream_signs_in_then_subscribes_then_is_connected() -> None:
    stream = private()

    assert stream.state is StreamState.DISCONNECTED
    assert stream.connect_started() == [
        Changed(state=StreamState.CONNECTING, reason="start", attempt=0),
        Connect(),
    ]
    assert stream.opened(0, sign_in="the key") == [Send(text="the key")]
    assert sent(stream.received(0, SIGNED_IN)) == [
        {"req_id": "tf-1", "op": "subscribe", "args": ["order", "execution"]}
    ]
    assert states(stream.received(0, acknowledged(1))) == [StreamState.CONNECTED]


def test_a_public_stream_subscribes_at_once_one_request_a_group() -> None:
    stream = StreamSession(BybitDialect(), {"A": ("tickers.A",), "B": ("t.B",)}, essential=False)
    stream.connect_started()

    effects = stream.opened(0, sign_in=None)

    assert [message["args"] for message in sent(effects)] == [["tickers.A"], ["t.B"]]
    assert states(stream.received(0, acknowledged(1))) == []
    assert states(stream.received(0, acknowledged(2))) == [StreamState.CONNECTED]


def test_a_ping_goes_out_every_twenty_seconds() -> None:
    stream = connected()

    assert stream.wake_at() == 20
    assert stream.ticked(19.9) == []
    assert sent(stream.ticked(20)) == [{"op": "ping"}]
    stream.received(20.1, PONG)
    assert stream.wake_at() == 40


def test_thirty_seconds_without_a_pong_cut_the_connection() -> None:
    """EX-8: only pongs prove life, whatever data still arrives."""
    stream = connected()
    stream.ticked(20)
    stream.received(29, {"topic": "order", "data": []})

    assert stream.ticked(29.9) == []
    assert stream.ticked(30) == [Disconnect(reason="no pong for 30 s")]
    assert stream.wake_at() is None
    assert states(stream.closed(30, reason="", share=1)) == [StreamState.RECONNECTING]


def test_a_pong_keeps_the_connection_alive() -> None:
    stream = connected()
    stream.ticked(20)
    stream.received(21, PONG)

    assert stream.ticked(40) == [Send(text='{"op":"ping"}')]
    assert stream.ticked(50.9) == []
    assert [type(effect) for effect in stream.ticked(51)] == [Disconnect]


@pytest.mark.parametrize("signed_in", [False, True])
def test_what_is_not_acknowledged_within_ten_seconds_cuts_the_connection(signed_in: bool) -> None:
    stream = private()
    stream.connect_started()
    stream.opened(0, sign_in="key")
    if signed_in:
        stream.received(0, SIGNED_IN)

    assert stream.ticked(9.9) == []
    assert stream.ticked(10) == [Disconnect(reason="no acknowledgement within 10 s")]


def test_delays_double_up_to_a_minute_while_attempts_fail() -> None:
    stream = private()
    stream.connect_started()
    now, delays = 0.0, []
    for attempt in range(1, 9):
        effects = stream.closed(now, reason="refused", share=1)
        assert effects[0] == AttemptFailed(attempt=attempt, reason="refused")
        wake_at = stream.wake_at()
        assert wake_at is not None
        delays.append(wake_at - now)
        now = wake_at
        assert stream.ticked(now) == [Connect()]

    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_share_of_the_delay_is_taken() -> None:
    stream = private()
    stream.connect_started()
    stream.closed(0, reason="refused", share=0.5)

    assert stream.wake_at() == 0.5
    assert stream.ticked(0.4) == []


def test_the_count_of_attempts_starts_anew_after_a_minute_connected_only() -> None:
    flapping, settled = connected(), connected()
    for stream in (flapping, settled):
        for now in (1.0, 2.0, 3.0):
            stream.closed(now, reason="", share=1)
        stream.ticked(10)
        stream.opened(10, sign_in="key")
        stream.received(10, SIGNED_IN)
        stream.received(10, acknowledged(2))

    flapping.closed(69.9, reason="", share=1)
    settled.closed(70, reason="", share=1)

    assert flapping.wake_at() == pytest.approx(69.9 + 8)
    assert settled.wake_at() == 71


def test_a_reconnect_signs_in_and_subscribes_again() -> None:
    stream = connected()
    stream.closed(5, reason="gone", share=1)

    assert stream.ticked(6) == [Connect()]
    assert stream.opened(6, sign_in="again") == [Send(text="again")]
    assert sent(stream.received(6, SIGNED_IN))[0]["args"] == ["order", "execution"]
    assert states(stream.received(6, acknowledged(2))) == [StreamState.CONNECTED]


def test_a_refused_sign_in_is_final() -> None:
    """EX-8: not retried."""
    stream = private()
    stream.connect_started()
    stream.opened(0, sign_in="key")

    refused = {"op": "auth", "success": False, "retCode": 10003, "retMsg": "Invalid apikey"}
    effects = stream.received(0, refused)

    assert effects[0] == SignInRefused(code=10003, message="Invalid apikey")
    assert states(effects) == [StreamState.FAILED]
    assert isinstance(effects[-1], Disconnect)
    assert stream.closed(0, reason="", share=1) == []
    assert stream.wake_at() is None
    assert stream.ticked(1_000) == []


def test_a_sign_in_that_failed_because_the_venue_is_unwell_is_tried_again() -> None:
    stream = private()
    stream.connect_started()
    stream.opened(0, sign_in="key")

    unwell = {"op": "auth", "success": False, "retCode": 10016, "retMsg": "restarting"}

    assert [type(effect) for effect in stream.received(0, unwell)] == [Disconnect]
    assert states(stream.closed(0, reason="", share=1)) == [StreamState.RECONNECTING]


def test_a_private_stream_without_its_topics_is_none() -> None:
    stream = private()
    stream.connect_started()
    stream.opened(0, sign_in="key")
    stream.received(0, SIGNED_IN)

    refused = {**acknowledged(1), "success": False, "ret_msg": "error:handler not found,topic:x"}
    effects = stream.received(0, refused)

    assert [type(effect) for effect in effects] == [TopicsRefused, Disconnect]


@pytest.mark.parametrize("request_id", ["tf-1", ""])
def test_a_refused_symbol_is_left_out_and_the_others_go_on(request_id: str) -> None:
    groups = {"NOPEUSDT": ("tickers.NOPEUSDT",)}
    stream = StreamSession(BybitDialect(), groups, essential=False)
    stream.connect_started()
    stream.opened(0, sign_in=None)

    refused = {"op": "subscribe", "success": False, "ret_msg": "no", "req_id": request_id}
    effects = stream.received(0, refused)

    assert effects[0] == TopicsRefused(group="NOPEUSDT", topics=("tickers.NOPEUSDT",), message="no")
    assert states(effects) == [StreamState.CONNECTED]
    assert stream.groups == {}


def test_already_subscribed_is_as_good_as_subscribed() -> None:
    stream = private()
    stream.connect_started()
    stream.opened(0, sign_in="key")
    stream.received(0, SIGNED_IN)

    answer = {
        **acknowledged(1),
        "success": False,
        "ret_msg": "error:already subscribed,topic:order",
    }

    assert states(stream.received(0, answer)) == [StreamState.CONNECTED]


def test_a_message_of_a_topic_is_handed_on_and_one_after_the_cut_is_not() -> None:
    stream = connected()
    frame = {"topic": "order", "data": []}

    assert stream.received(1, frame) == [Deliver(frame=frame)]
    stream.ticked(30)
    assert stream.received(31, frame) == []


def test_topics_come_and_go_while_connected() -> None:
    stream = StreamSession(BybitDialect(), {}, essential=False)
    stream.connect_started()
    assert states(stream.opened(0, sign_in=None)) == [StreamState.CONNECTED]

    added = stream.subscribe(1, {"A": ("tickers.A",)})
    again = stream.resubscribe(2, "A")
    removed = stream.unsubscribe(3, ["A", "unknown"])

    assert [message["op"] for message in sent(added)] == ["subscribe"]
    assert [message["op"] for message in sent(again)] == ["unsubscribe", "subscribe"]
    assert [message["op"] for message in sent(removed)] == ["unsubscribe"]
    assert stream.groups == {}


def test_topics_asked_for_before_the_connection_wait_for_it() -> None:
    stream = StreamSession(BybitDialect(), {}, essential=False)

    assert stream.subscribe(0, {"A": ("tickers.A",)}) == []
    assert sent(stream.opened(1, sign_in=None))[0]["args"] == ["tickers.A"]


def test_a_caller_may_cut_a_connection_that_says_nothing() -> None:
    stream = connected()

    assert stream.cut("silent") == [Disconnect(reason="silent")]
    assert stream.cut("silent") == []
    changed = stream.closed(1, reason="connection closed", share=1)
    assert changed == [Changed(state=StreamState.RECONNECTING, reason="silent", attempt=1)]


def test_a_frame_that_is_no_answer_of_the_venue_is_refused() -> None:
    with pytest.raises(MessageError, match="op"):
        connected().received(0, {"op": "dance"})
