"""Frames leave when they are due and in order within their topic."""

import asyncio

from botrunner.simulator.streams import outbox as outbox_module
from botrunner.simulator.streams.outbox import Outbox


class Peer:
    """Collects what is sent, and says when enough has come."""

    def __init__(self, wanted: int) -> None:
        self.frames: list[bytes] = []
        self.complete = asyncio.Event()
        self._wanted = wanted

    async def send(self, frame: bytes) -> None:
        self.frames.append(frame)
        if len(self.frames) == self._wanted:
            self.complete.set()


async def sent(outbox: Outbox, peer: Peer) -> list[bytes]:
    task = asyncio.create_task(outbox.run())
    await asyncio.wait_for(peer.complete.wait(), 10)
    task.cancel()
    return peer.frames


def no_overflow() -> None:
    raise AssertionError("the outbox must not overflow here")


async def test_a_frame_without_delay_overtakes_one_of_another_topic_that_waits() -> None:
    peer = Peer(2)
    outbox = Outbox(peer.send, no_overflow)
    outbox.put("wallet", b"later", 0.05)
    outbox.put("order", b"now")

    assert await sent(outbox, peer) == [b"now", b"later"]


async def test_a_frame_never_overtakes_one_of_its_own_topic() -> None:
    peer = Peer(2)
    outbox = Outbox(peer.send, no_overflow)
    outbox.put("wallet", b"first", 0.05)
    outbox.put("wallet", b"second")

    assert await sent(outbox, peer) == [b"first", b"second"]


async def test_a_topic_that_is_held_lets_others_pass() -> None:
    peer = Peer(2)
    outbox = Outbox(peer.send, no_overflow)
    outbox.hold("order", 0.05)
    outbox.put("order", b"data")
    outbox.put("control", b"acknowledgement")

    assert await sent(outbox, peer) == [b"acknowledgement", b"data"]


async def test_a_frozen_outbox_drops_what_it_is_given_and_what_it_holds() -> None:
    peer = Peer(1)
    outbox = Outbox(peer.send, no_overflow)
    outbox.put("order", b"held", 0.01)
    outbox.frozen = True
    outbox.put("order", b"given")
    task = asyncio.create_task(outbox.run())
    while outbox.waiting:
        await asyncio.sleep(0.001)
    outbox.frozen = False
    outbox.put("order", b"after")
    await asyncio.wait_for(peer.complete.wait(), 10)
    task.cancel()

    assert peer.frames == [b"after"]


async def test_a_reader_that_is_too_slow_is_given_up() -> None:
    given_up: list[bool] = []
    peer = Peer(1)
    outbox = Outbox(peer.send, lambda: given_up.append(True))
    for _ in range(outbox_module.MOST_WAITING + 1):
        outbox.put("order", b"frame")

    assert given_up == [True]
