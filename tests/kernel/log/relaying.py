"""What the relay's tests share: events through the real store, the topic's records, and waiting."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from kernel.log.partitions import partition_of
from kernel.log.store import Store
from kernel.log.store.append import Append, Appended, NewEvent, Write
from kernel.settings import Settings
from tests.connecting import connected
from tests.waiting import until

ORG = UUID("0196b5a0-0000-7000-8000-000000000001")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    store = await Store.open(settings, "contacts")
    try:
        yield store
    finally:
        await store.close()


def begun(events: int = 1, size: int = 40, partition: int | None = None) -> Append:
    """An append that begins a stream of its own (on that partition, if one is named) with as many events."""
    stream_id = uuid4()
    while partition not in (None, partition_of(stream_id)):
        stream_id = uuid4()
    data = b'{"note":"' + b"n" * size + b'"}'
    new = [
        NewEvent(uuid4(), "ContactRegistered", 1, data, b"sealed", datetime.now(UTC)) for _ in range(events)
    ]
    write = Write(stream_id, "contact", stream_id, 0, tuple(new))
    return Append(org_id=ORG, caller="tester", digest=b"", writes=(write,), correlation_id=uuid4())


async def append(store: Store, appends: int, events: int = 1, size: int = 40) -> None:
    results = await asyncio.gather(*(store.append(begun(events, size)) for _ in range(appends)))
    assert all(isinstance(result, Appended) for result in results)


async def stored(settings: Settings) -> dict[tuple[int, int], UUID]:
    """Every event of the store: (partition, position) → id."""
    async with connected(settings) as connection:
        rows = await connection.fetch("SELECT partition, position, event_id FROM event")
    return {(row["partition"], row["position"]): row["event_id"] for row in rows}


async def published(settings: Settings) -> bool:
    """Whether every mark has reached its counter."""
    async with connected(settings) as connection:
        return bool(
            await connection.fetchval(
                "SELECT bool_and(position = last) FROM mark JOIN counter USING (partition)"
            )
        )


async def readiness(settings: Settings) -> tuple[int, dict[str, Any]]:
    """Status and body of the relay's /readyz; 0 while it does not answer."""
    async with httpx.AsyncClient() as client:
        try:
            answer = await client.get(f"http://127.0.0.1:{settings.port['contacts_relay']}/readyz")
        except httpx.TransportError:
            return 0, {}
    return answer.status_code, answer.json()


async def leads(settings: Settings) -> bool:
    """Whether the relay is ready and holds the lease."""
    status, body = await readiness(settings)
    return status == 200 and body["leader"] is True


async def buried(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    """Frees the lease of a process that is dead for certain, so that no test waits until it runs out."""
    process.wait()
    async with connected(settings) as connection:
        await connection.execute("UPDATE lease SET expires_at = '-infinity'")


async def ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process that ends by itself."""

    async def has() -> bool:
        return process.poll() is not None

    await until(has)
    return process.returncode
