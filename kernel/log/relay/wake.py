"""What ends the relay's waiting: a datagram after an append, whatever it holds, or the order to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wake(asyncio.DatagramProtocol):
    """Datagrams that came since the last wait count as one, and none is lost between a look and a wait."""

    def __init__(self) -> None:
        self._came = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._came.set()

    async def wait(self, seconds: float) -> None:
        """Until a datagram comes, or until `seconds` have passed: datagrams may get lost."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._came.wait()
        self._came.clear()


@asynccontextmanager
async def listening(port: int) -> AsyncIterator[Wake]:
    """Hears what processes of this machine send to `port`."""
    loop = asyncio.get_running_loop()
    transport, wake = await loop.create_datagram_endpoint(Wake, local_addr=("127.0.0.1", port))
    try:
        yield wake
    finally:
        transport.close()


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """So long, or until the process is told to stop."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
