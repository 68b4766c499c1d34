"""A wire that a test can cut: TCP between a process of ours and what it stands on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kernel.settings import Settings


@dataclass
class Wire:
    """Passes bytes both ways to `target` until it is cut; whoever connects then is turned away."""

    target: tuple[str, int]
    whole: bool = True
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        self.whole = False
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        self.whole = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.whole:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        ends = {writer, far_writer}
        self._ends |= ends
        try:
            await asyncio.gather(_pass(reader, far_writer), _pass(far_reader, writer))
        except asyncio.CancelledError:
            far_writer.transport.abort()  # the test is over
        finally:
            self._ends -= ends


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()


@contextlib.asynccontextmanager
async def wired(settings: Settings) -> AsyncIterator[tuple[Settings, Wire]]:
    """The settings with a wire between every role and PostgreSQL."""
    place = urlsplit(next(iter(settings.dsn.values())))
    wire = Wire((str(place.hostname), int(place.port or 0)))
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    dsn = {
        role: address.replace(f"@{place.hostname}:{place.port}/", f"@{host}:{port}/")
        for role, address in settings.dsn.items()
    }
    try:
        yield settings.model_copy(update={"dsn": dsn}), wire
    finally:
        wire.cut()
        server.close()
