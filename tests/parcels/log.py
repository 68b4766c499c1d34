"""A log of parcels in memory, and its way onto a topic without a store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import msgspec
from aiokafka import AIOKafkaProducer

from kernel.log.envelope import Envelope, schema_name, sealed_text, sequence, write
from kernel.log.facts import Event, decode, encode, service_of, type_of
from kernel.log.partitions import partition_of
from kernel.log.topics import ensure_topic, topic
from kernel.settings import Settings
from kernel.taking.fact import Fact

ORG = UUID("0c000000-0000-7000-8000-00000000000a")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Log:
    """Appends events and hands them out as facts: gapless positions per partition, versions per stream."""

    org_id: UUID = ORG
    facts: list[Fact[Event]] = field(default_factory=list)
    versions: dict[UUID, int] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)

    def append(self, stream_id: UUID, *events: Event) -> None:
        for event in events:
            self._append(stream_id, event)

    def _append(self, stream_id: UUID, event: Event) -> None:
        partition = partition_of(stream_id)
        version = self.versions[stream_id] = self.versions.get(stream_id, 0) + 1
        position = self.positions[partition] = self.positions.get(partition, 0) + 1
        envelope = enveloped(self.org_id, stream_id, event, version, position, len(self.facts))
        data, _ = encode(event)
        opened = decode(type(event), event.version, data)
        fact = Fact(opened, envelope, partition, position, service_of(type(event)), write(envelope))
        self.facts.append(fact)


def enveloped(
    org_id: UUID, stream_id: UUID, event: Event, version: int, position: int, second: int
) -> Envelope:
    """The event as the store would have it read."""
    data, personal = encode(event)
    service, at = service_of(type(event)), BEGAN + timedelta(seconds=second)
    return Envelope(
        event_id=uuid5(stream_id, str(version)),
        source=f"/orgs/{org_id}/{service}",
        type=type_of(type(event)),
        stream_id=stream_id,
        occurred_at=at,
        dataschema=schema_name(service, type(event).__name__, event.version),
        datacontenttype="application/json",
        position_text=sequence(position),
        version=version,
        partition_key_text=str(stream_id),
        org_id=org_id,
        actor="tester",
        correlation_text=str(uuid5(stream_id, "correlation")),
        origin="live",
        recorded_at=at,
        sealed=sealed_text(personal),
        data=msgspec.Raw(data),
    )


async def publish(settings: Settings, facts: Iterable[Fact[Event]]) -> None:
    """Puts the facts on their services' topics, in order."""
    await send(settings, [(fact.service, fact.partition, fact.raw) for fact in facts])


async def send(settings: Settings, records: Sequence[tuple[str, int, bytes]]) -> None:
    """Puts any bytes on the services' topics: service, partition, value."""
    for service in {service for service, _, _ in records}:
        await ensure_topic(settings, topic(settings, service, 1))
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all")
    await producer.start()
    try:
        sent = [
            await producer.send(topic(settings, service, 1), value, partition=partition)
            for service, partition, value in records
        ]
        for acknowledged in sent:
            await acknowledged
    finally:
        await producer.stop()
