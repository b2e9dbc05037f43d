"""What pybit's sessions write through: one pool, one write, and the guard right before it."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from requests import Session
from requests.exceptions import ConnectionError, InvalidSchema, SSLError

from botrunner.exchanges.bybit.connections import Connections, HeldBackError, guarded

LOOPBACK = Path(__file__).with_name("loopback.pem")
"""Certificate and key of 127.0.0.1, for these tests alone; it signs itself."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """Answers every request on every connection, and keeps what each read gave."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = context
        scheme = "http" if context is None else "https"
        self.port = self._listener.getsockname()[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.reads: list[list[bytes]] = []
        """Of each connection, in the order in which they were made."""
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Take no more; returns once every connection has ended."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, plain: socket.socket) -> None:
        reads: list[bytes] = []
        with plain, suppress(OSError):
            connection = plain
            if self._context is not None:
                connection = self._context.wrap_socket(plain, server_side=True)
            self.reads.append(reads)
            with connection:
                while data := connection.recv(1 << 16):
                    reads.append(data)
                    connection.sendall(ANSWER)


@contextmanager
def a_peer(context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    peer = Peer(context)
    try:
        yield peer
    finally:
        peer.close()


@contextmanager
def sessions(count: int) -> Iterator[list[Session]]:
    """Sessions that share their connections, as the threads of an adapter do."""
    connections = Connections(count)
    made = [Session() for _ in range(count)]
    for session in made:
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, connections)
    try:
        yield made
    finally:
        for session in made:
            session.close()


def post(session: Session, url: str) -> str:
    with guarded(lambda: True):
        return session.post(url, data='{"a":1}', timeout=20).text


def test_head_and_body_are_one_write() -> None:
    """Two would let other threads of a runner come in between, and are two packets."""
    with a_peer() as peer, sessions(1) as (session,):
        post(session, peer.url)

    [[request]] = peer.reads
    assert request.startswith(b"POST / HTTP/1.1\r\n")
    assert request.endswith(b'\r\n\r\n{"a":1}')


def test_all_threads_share_what_is_open() -> None:
    """The first order does not pay for a connection that a read has made."""
    with a_peer() as peer, sessions(3) as made:
        for session in made:
            post(session, peer.url)

    assert [len(reads) for reads in peer.reads] == [3]


def test_while_a_connection_is_in_use_another_is_made() -> None:
    """A slow read holds no exit up."""
    with a_peer() as peer, sessions(2) as (one, other):
        answers: list[str] = []

        def both() -> bool:
            answers.append(post(other, peer.url))
            return True

        with guarded(both):
            one.post(peer.url, data="slow", timeout=20)

    assert answers == ["{}"]
    assert len(peer.reads) == 2


def test_the_guard_is_asked_after_connecting_and_before_the_first_byte() -> None:
    """RI-5: a stop that is set while a connection is made holds the request back."""
    with a_peer() as peer, sessions(1) as (session,):
        connected: list[bool] = []

        def no() -> bool:
            while not peer.reads:
                threading.Event().wait(0.001)
            connected.append(True)
            return False

        with guarded(no), pytest.raises(HeldBackError):
            session.post(peer.url, data="order", timeout=20)

    assert connected == [True]
    assert peer.reads == [[]]


def test_after_one_that_was_held_back_the_next_goes_out_whole() -> None:
    with a_peer() as peer, sessions(1) as (session,):
        post(session, peer.url)
        with guarded(lambda: False), pytest.raises(HeldBackError):
            session.post(peer.url, data="held back", timeout=20)
        post(session, peer.url)

    sent = [data for reads in peer.reads for data in reads]
    assert len(sent) == 2
    assert all(data.endswith(b'{"a":1}') for data in sent)


def test_the_guard_is_asked_anew_for_every_request() -> None:
    with a_peer() as peer, sessions(1) as (session,):
        asked: list[int] = []

        def yes() -> bool:
            asked.append(1)
            return True

        with guarded(yes):
            session.post(peer.url, data="one", timeout=20)
            session.post(peer.url, data="two", timeout=20)

    assert len(asked) == 2


def test_without_a_guard_nothing_is_written() -> None:
    with a_peer() as peer, sessions(1) as (session,):
        with pytest.raises(LookupError):
            session.post(peer.url, data="order", timeout=20)

    assert [data for reads in peer.reads for data in reads] == []


def test_a_peer_that_is_not_there_is_told_as_one() -> None:
    with a_peer() as peer:
        gone = peer.url
    with sessions(1) as (session,), guarded(lambda: True):
        with pytest.raises(ConnectionError, match="Connection refused"):
            session.post(gone, data="order", timeout=20)


def test_through_a_proxy_the_guard_is_asked_too() -> None:
    with a_peer() as proxy, sessions(1) as (session,):
        session.proxies = {"http": proxy.url}
        with guarded(lambda: False), pytest.raises(HeldBackError):
            session.post("http://venue.invalid/", data="order", timeout=20)
        with guarded(lambda: True):
            session.post("http://venue.invalid/", data="order", timeout=20)

    sent = [data for reads in proxy.reads for data in reads]
    assert len(sent) == 1
    assert sent[0].startswith(b"POST http://venue.invalid/ HTTP/1.1\r\n")
    assert sent[0].endswith(b"order")


def test_a_proxy_of_a_kind_that_nobody_would_guard_is_refused() -> None:
    with sessions(1) as (session,), guarded(lambda: True):
        session.proxies = {"http": "socks5://127.0.0.1:1"}
        with pytest.raises(InvalidSchema):
            session.post("http://venue.invalid/", data="order", timeout=20)


def test_over_tls_it_is_the_same() -> None:
    """One record, and the guard before it; a certificate that nobody vouches for is refused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LOOPBACK)
    with a_peer(context) as peer, sessions(2) as (trusting, other):
        trusting.verify = str(LOOPBACK)
        post(trusting, peer.url)
        with guarded(lambda: False), pytest.raises(HeldBackError):
            trusting.post(peer.url, data="held back", timeout=20)
        with pytest.raises(SSLError):
            post(other, peer.url)

    [[request]] = peer.reads
    assert request.endswith(b'\r\n\r\n{"a":1}')


async def test_threads_do_not_take_each_others_guard() -> None:
    with a_peer() as peer, sessions(2) as made:
        both = threading.Barrier(2)

        def held(session: Session, may: bool) -> bool:
            def guard() -> bool:
                both.wait(20)
                return may

            with guarded(guard), suppress(HeldBackError):
                session.post(peer.url, data=str(may), timeout=20)
                return True
            return False

        answers = await asyncio.gather(
            *(
                asyncio.to_thread(held, session, may)
                for session, may in zip(made, (True, False), strict=True)
            )
        )

    assert answers == [True, False]
    assert [data[-4:] for reads in peer.reads for data in reads] == [b"True"]
