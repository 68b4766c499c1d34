"""Wires between what speaks with what over TCP; each can be cut, or swallow whatever is said."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field

from ops.local import ports

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close a reset: the other end sees an error, not an end."""


@dataclass(eq=False)
class _Line:
    """One connection; a lost one swallows what is said for as long as it lives."""

    near: asyncio.StreamWriter
    lost: bool
    far: asyncio.StreamWriter | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def reset(self) -> None:
        self.ended.set()
        for end in (self.near, self.far):
            if end is not None:
                with contextlib.suppress(OSError):
                    place = end.get_extra_info("socket")
                    place.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                end.transport.abort()


@dataclass
class Wire:
    """Passes bytes both ways between whoever connects to `port` and the server at `target`."""

    target: int
    port: int = field(default_factory=lambda: ports.free(1)[0])
    delay: float = 0.0
    """Seconds that each piece waits on its way to whoever connected."""
    _whole: bool = True
    _swallows: bool = False
    _lines: set[_Line] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.reset()

    def reset(self) -> None:
        """Resets every connection; new ones are made at once."""
        for line in self._lines:
            line.reset()

    def cut(self) -> None:
        """Ends every connection, and whoever makes a new one is turned away."""
        self._whole = False
        self.reset()

    def swallow(self) -> None:
        """From now on bytes vanish: nothing arrives, nothing is refused, no connection ends."""
        self._swallows = True
        for line in self._lines:
            line.lost = True

    def mend(self) -> None:
        """New connections work again; the others stay lost, as behind a firewall that forgot them."""
        self._whole, self.delay, self._swallows = True, 0.0, False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        line = _Line(writer, self._swallows)
        self._lines.add(line)
        try:
            far_reader, line.far = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(
                self._pass(line, reader, line.far, slow=False),
                self._pass(line, far_reader, writer, slow=True),
            )
        except OSError:
            return  # nobody is there
        finally:
            self._lines.discard(line)
            line.reset()

    async def _pass(
        self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, slow: bool
    ) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            while data := await reader.read(65_536):
                if slow and self.delay:
                    await asyncio.sleep(self.delay)
                if not line.lost:
                    writer.write(data)
                    await writer.drain()
            if line.lost:
                await line.ended.wait()  # nor does the other end learn that this one has gone
            writer.close()
