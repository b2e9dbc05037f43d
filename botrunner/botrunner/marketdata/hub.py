"""Who hears what, and what each has yet to hear. Pure: frames in, frames and readers out.

A reader that keeps up has heard everything, so nothing is remembered about it. One that cannot
take more (``stall``) is left out, at no cost, and remembers where it stopped in each topic;
``next_frame`` brings it back: the newest of what replaces itself, and every message still kept of
what does not, with a gap where some are kept no longer. A newcomer is a reader that has heard
nothing yet, so its snapshot is the same step.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from botrunner.marketdata import wire
from botrunner.marketdata.wire import BookSaid, MarketSaid

KEPT = 256
"""Messages of a queued topic that a slow reader can still get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One message for everybody who keeps up."""

    frame: bytes
    readers: list[int]
    """By the numbers under which they joined; a rotated order, so nobody is always the last."""


NOTHING = Broadcast(frame=b"", readers=[])


@dataclass(slots=True, kw_only=True)
class _Topic:
    is_queued: bool
    number: int = 0
    kept: deque[bytes]
    """The newest messages, the very newest last; one where messages replace each other."""
    joined: dict[int, None] = field(default_factory=dict)
    ready: list[int] | None = None
    """Of ``joined``, those that keep up; None: to be looked up."""
    turn: int = 0


@dataclass(slots=True, kw_only=True)
class _Reader:
    heard: dict[str, int]
    """The last number heard of each topic; only while it does not keep up."""
    keeps_up: bool = False


class Hub:
    """The subscriptions of one feed. Numbers of readers are the caller's."""

    def __init__(self, queued: Iterable[str], replaced: Iterable[str], *, kept: int = KEPT) -> None:
        topics = [(name, True) for name in queued] + [(name, False) for name in replaced]
        self._topics = {
            name: _Topic(is_queued=is_queued, kept=deque(maxlen=kept if is_queued else 1))
            for name, is_queued in topics
        }
        self._readers: dict[int, _Reader] = {}
        self.gaps = 0
        """Times that a reader was told of lost messages."""
        self.lost = 0
        """Messages that readers were too slow for; replaced ones do not count."""
        self.crossed = 0
        """Books that were not served because bid and ask crossed."""

    @property
    def topics(self) -> frozenset[str]:
        """What can be joined."""
        return frozenset(self._topics)

    def __len__(self) -> int:
        return len(self._readers)

    def stalled(self) -> int:
        """How many readers do not keep up."""
        return sum(not reader.keeps_up for reader in self._readers.values())

    def join(self, reader: int, topics: Iterable[str]) -> None:
        """Hear these topics from now on; ``next_frame`` gives the snapshot.

        Raises KeyError for a topic that there is not, ValueError for a number that is taken.
        """
        if reader in self._readers:
            raise ValueError(f"reader {reader} has joined already")
        chosen = {name: self._topics[name] for name in topics}
        heard = {name: t.number if t.is_queued else 0 for name, t in chosen.items()}
        self._readers[reader] = _Reader(heard=heard)
        for topic in chosen.values():
            topic.joined[reader] = None

    def leave(self, reader: int) -> None:
        """Hear nothing more; of a reader that is not there: nothing."""
        if self._readers.pop(reader, None) is None:
            return
        for topic in self._topics.values():
            if reader in topic.joined:
                del topic.joined[reader]
                topic.ready = None

    def publish(self, said: MarketSaid) -> Broadcast:
        """Number and encode a message, and say who takes it now. Raises KeyError for its topic."""
        topic = self._topics[wire.topic_of(said)]
        if isinstance(said, BookSaid) and wire.is_crossed(said.bids, said.asks):
            self.crossed += 1
            return NOTHING
        topic.number += 1
        numbered = msgspec.structs.replace(said, number=topic.number)
        frame = wire.text_frame(wire.encoded(numbered))
        topic.kept.append(frame)
        return Broadcast(frame=frame, readers=self._rotated(topic))

    def stall(self, reader: int) -> None:
        """The reader takes nothing more for now; it has all that it was given so far."""
        known = self._readers.get(reader)
        if known is None or not known.keeps_up:
            return
        known.keeps_up = False
        for name in known.heard:
            topic = self._topics[name]
            known.heard[name] = topic.number
            topic.ready = None

    def next_frame(self, reader: int) -> bytes | None:
        """What a reader that did not keep up hears next; None: it has everything and keeps up."""
        known = self._readers.get(reader)
        if known is None or known.keeps_up:
            return None
        for name, heard in known.heard.items():
            topic = self._topics[name]
            if heard < topic.number:
                return self._after(known, name, topic, heard)
        known.keeps_up = True
        for name in known.heard:
            self._topics[name].ready = None
        return None

    def _after(self, known: _Reader, name: str, topic: _Topic, heard: int) -> bytes:
        oldest = topic.number - len(topic.kept) + 1
        if topic.is_queued and heard + 1 < oldest:
            known.heard[name] = oldest - 1
            self.gaps += 1
            self.lost += oldest - 1 - heard
            gap = wire.Gap(topic=name, first=heard + 1, last=oldest - 1)
            return wire.text_frame(wire.encoded(gap))
        following = max(heard + 1, oldest)
        known.heard[name] = following
        return topic.kept[following - oldest]

    def _rotated(self, topic: _Topic) -> list[int]:
        if topic.ready is None:
            topic.ready = [each for each in topic.joined if self._readers[each].keeps_up]
        ready = topic.ready
        if not ready:
            return ready
        topic.turn = (topic.turn + 1) % len(ready)
        return ready[topic.turn :] + ready[: topic.turn]
