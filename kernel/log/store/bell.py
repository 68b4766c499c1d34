"""The sender's side of the relay's wake-up call."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress


def relay_bell(port: int | None) -> Callable[[], None]:
    """A call that tells the relay of this machine, if there is one, that there is something to publish."""
    if port is None:
        return lambda: None
    bell = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bell.setblocking(False)

    def ring() -> None:
        with suppress(OSError):  # the relay looks by itself as well, only later
            bell.sendto(b"", ("127.0.0.1", port))

    return ring
