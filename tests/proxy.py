"""A wire that a test can cut: TCP between a process of ours and what it stands on."""

import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from bench.faults.wires import Wire
from kernel.settings import Settings


@contextlib.asynccontextmanager
async def wired(settings: Settings) -> AsyncIterator[tuple[Settings, Wire]]:
    """The settings with a wire between every role and PostgreSQL."""
    place = urlsplit(next(iter(settings.dsn.values())))
    wire = Wire(int(place.port or 0))
    await wire.open()
    dsn = {
        role: address.replace(f"@{place.hostname}:{place.port}/", f"@127.0.0.1:{wire.port}/")
        for role, address in settings.dsn.items()
    }
    try:
        yield settings.model_copy(update={"dsn": dsn}), wire
    finally:
        wire.close()
