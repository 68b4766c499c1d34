"""Whoever gives a command, as records name them."""

from __future__ import annotations

import getpass
import socket


def operator() -> str:
    """`user@machine`."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
