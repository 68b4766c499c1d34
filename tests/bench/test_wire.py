"""The lean client against servers that answer as they please."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from bench.calling.wire import Lost, Wire

REQUEST = b"GET / HTTP/1.1\r\n\r\n"
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nthere"


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that hands each connection to `answer`."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            while True:
                answer(listening.accept()[0])
        except OSError:
            return

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def in_pieces(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while connection.recv(1024):
        for piece in (ANSWER[:10], ANSWER[10:50], ANSWER[50:]):
            connection.send(piece)
            time.sleep(0.002)  # so that the pieces come apart


def test_an_answer_that_comes_in_pieces_is_handed_over_whole() -> None:
    answers: list[tuple[int, bytes]] = []
    with serving(in_pieces) as port, Wire() as wire:
        for _ in range(3):
            wire.send(port, REQUEST, lambda *answer: answers.append(answer))
            wire.drain(5)
    assert answers == [(201, b"there")] * 3


def test_a_connection_that_is_closed_before_its_answer_is_an_error() -> None:
    with serving(lambda connection: connection.close()) as port, Wire() as wire:
        wire.send(port, REQUEST, lambda *_: None)
        with pytest.raises((Lost, ConnectionError)):
            wire.drain(5)


def test_waiting_ends_when_its_time_is_over() -> None:
    held: list[socket.socket] = []
    with serving(held.append) as port, Wire() as wire:
        wire.send(port, REQUEST, lambda *_: None)
        wire.wait(time.monotonic() + 0.01)
        assert wire.owed == 1
