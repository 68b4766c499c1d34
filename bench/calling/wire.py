"""A lean HTTP client, the same for everyone who is measured: one thread, one epoll, no event loop.

It shares the machine's cores with what it measures, so it does as little as can be done in Python.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections import defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import Self

Then = Callable[[int, bytes], None]
"""Takes the status and the body of an answer."""

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Lost(Exception):
    """An answer that a server owes does not come."""


class _Connection:
    """One connection, with the answer that it waits for."""

    __slots__ = ("port", "received", "socket", "then")

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.then: Then | None = None

    def answer(self) -> tuple[int, bytes] | None:
        """Takes what has come; the answer, once it is whole."""
        part = self.socket.recv(1 << 16)
        if not part:
            raise Lost
        self.received += part
        head = self.received.find(_HEAD_END)
        length = _LENGTH.search(self.received, 0, head + 2) if head > 0 else None
        if length is None or len(self.received) < head + 4 + int(length[1]):
            return None
        status, body = int(self.received[9:12]), self.received[head + 4 :]
        self.received = b""
        return status, body


class Wire:
    """Sends requests, each on an idle connection or on a new one, and hands over the answers as they come."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._connections: dict[int, _Connection] = {}
        self._idle: defaultdict[int, list[_Connection]] = defaultdict(list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._connections.values():
            connection.socket.close()
        self._epoll.close()

    @property
    def owed(self) -> int:
        """How many answers have not come yet."""
        return sum(connection.then is not None for connection in self._connections.values())

    def send(self, port: int, request: bytes, then: Then) -> None:
        """Asks the server at `port`; `then` is called from `wait`."""
        idle = self._idle[port]
        connection = idle.pop() if idle else self._connect(port)
        connection.then = then
        connection.socket.sendall(request)

    def _connect(self, port: int) -> _Connection:
        connection = _Connection(port)
        self._connections[connection.socket.fileno()] = connection
        self._epoll.register(connection.socket, select.EPOLLIN)
        return connection

    def drain(self, seconds: float = 30.0) -> None:
        """Waits for every answer that is owed; raises Lost when one does not come in time."""
        until = time.monotonic() + seconds
        while self.owed:
            if time.monotonic() > until:
                raise Lost
            self.wait(until)

    def wait(self, until: float) -> None:
        """Hands over what has come, or the first that comes before `until` on the monotonic clock."""
        # epoll itself counts in whole milliseconds, which is much beside what is measured.
        if select.select([self._epoll], [], [], max(0.0, until - time.monotonic()))[0]:
            for number, _ in self._epoll.poll(0):
                connection = self._connections[number]
                answer = connection.answer()
                if answer is not None:
                    then, connection.then = connection.then, None
                    self._idle[connection.port].append(connection)
                    assert then is not None
                    then(*answer)
