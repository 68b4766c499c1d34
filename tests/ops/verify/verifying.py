"""A small log that is right in every respect, so that a test can spoil it in one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg
from aiokafka import AIOKafkaProducer

from kernel.log.envelope import CONTENT_TYPE, Envelope, write
from kernel.log.partitions import PARTITIONS
from kernel.log.reader import read_partition
from kernel.log.store import Store
from kernel.log.store.append import Append, Appended, NewEvent, Write
from kernel.log.topics import ensure_topic, topic
from kernel.settings import Settings
from kernel.vault.keys import token_key
from kernel.view.view import View
from kernel.web.positions import seal_positions
from ops.acks import Acks
from ops.verify.oracle import verify
from ops.verify.report import Report, Verdict

ORG = UUID("0196b5a0-0000-7000-8000-000000000001")
CALLER = "tester"
STREAMS = 30


@dataclass
class World:
    """Contacts' log with its topic and the callers' journal; `db` is the administrator's connection."""

    settings: Settings
    store: Store
    db: asyncpg.Connection
    journal: Path
    views: Sequence[View[Any]] = ()
    streams: list[UUID] = field(default_factory=list)

    async def command(self, stream_id: UUID, version: int, events: Sequence[NewEvent]) -> None:
        """One accepted command; its caller notes the answer."""
        key = f"{stream_id} {version}"
        write = Write(stream_id, "contact", stream_id, version, tuple(events))
        result = await self.store.append(
            Append(org_id=ORG, caller=CALLER, key=key, digest=b"", writes=(write,), correlation_id=uuid4())
        )
        assert isinstance(result, Appended)
        place = result.streams[stream_id]
        answer = {
            "id": str(stream_id),
            "version": place.last,
            "events": [{"id": str(event.event_id), "type": event.type} for event in events],
            "position": self.position({place.partition: place.position}),
        }
        with Acks(self.journal) as acks:
            acks.add("contacts", ORG, CALLER, key, answer)

    def position(self, entries: dict[int, int]) -> str:
        """A Rapport-Position of these partitions."""
        return seal_positions(token_key(self.settings.keys), ORG, {("contacts", 1): entries})

    async def fill(self) -> None:
        """Three events for each stream, by two commands."""
        self.streams = [uuid5(ORG, f"contact {number}") for number in range(STREAMS)]
        await asyncio.gather(*(self.command(one, 0, [event(), event()]) for one in self.streams))
        await asyncio.gather(*(self.command(one, 2, [event()]) for one in self.streams))

    async def stored(self) -> list[tuple[int, Envelope]]:
        """Every event with its partition, in the order of the log."""
        found = []
        for partition in range(PARTITIONS):
            page = await read_partition(self.db, "contacts", partition, 0, 10_000)
            found += [(partition, fact) for _, fact in page]
        return found

    async def send(self, facts: Sequence[tuple[int, Envelope | bytes]]) -> None:
        """Puts records on the topic as they are given; the marks stay."""
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka, compression_type="zstd")
        await producer.start()
        for partition, fact in facts:
            value = fact if isinstance(fact, bytes) else write(fact)
            key = None if isinstance(fact, bytes) else str(fact.partition_key).encode()
            headers = [("content-type", CONTENT_TYPE)]
            await producer.send(self.name, value, key, partition, headers=headers)
        await producer.stop()

    async def publish(self, facts: Sequence[tuple[int, Envelope | bytes]] | None = None) -> None:
        """Publishes the log, or `facts` in its place, and moves the marks to its end."""
        await self.send(await self.stored() if facts is None else facts)
        await self.db.execute(
            "UPDATE mark SET position = last FROM counter WHERE counter.partition = mark.partition"
        )

    @property
    def name(self) -> str:
        return topic(self.settings, "contacts", 1)

    async def verdict(self, *journals: Path) -> Verdict:
        return await verify(self.settings, ("contacts",), self.views, journals)

    async def log(self, *journals: Path) -> Report:
        """What the oracle says of the log."""
        return (await self.verdict(*journals)).services[0]


def event() -> NewEvent:
    name = uuid4().hex
    return NewEvent(uuid4(), "NoteTaken", 1, b'{"note":"%s"}' % name.encode(), b"sealed", datetime.now(UTC))


def faults(report: Report) -> dict[str, int]:
    """Those that are not zero."""
    return {name: count for name, count in report.faults.items() if count}


@asynccontextmanager
async def world(settings: Settings, administrator: str, folder: Path) -> AsyncIterator[World]:
    """An empty log with its topic."""
    database = settings.dsn["contacts_log"].rsplit("/", 1)[1]
    db = await asyncpg.connect(administrator, database=database, server_settings={"search_path": "contacts"})
    store = await Store.open(settings, "contacts")
    await ensure_topic(settings, topic(settings, "contacts", 1))
    try:
        yield World(settings, store, db, folder / "acks.ndjson")
    finally:
        await store.close()
        await db.close()
