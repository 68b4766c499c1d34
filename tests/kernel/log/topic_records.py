"""What the relay's tests read from the topic, and what must hold of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from kernel.log import envelope
from kernel.log.partitions import PARTITIONS
from kernel.log.topics import topic
from kernel.settings import Settings
from tests.kernel.log.relaying import stored


@dataclass(frozen=True)
class Told:
    """One record as a consumer meets it."""

    partition: int
    offset: int
    position: int
    event_id: UUID
    value: bytes


async def told(settings: Settings, generation: int = 1) -> list[Told]:
    """Every record of the topic, partition by partition in the topic's order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, enable_auto_commit=False)
    await consumer.start()
    name = topic(settings, "contacts", generation)
    try:
        places = [TopicPartition(name, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        for place in places:
            consumer.seek(place, 0)
        ends = await consumer.end_offsets(places)
        found: list[Told] = []
        while sum(ends.values()) > len(found):
            for place, records in (await consumer.getmany(timeout_ms=1000)).items():
                for record in records:
                    read = envelope.read(record.value)
                    assert record.key == str(read.partition_key).encode()
                    assert record.headers == (("content-type", b"application/cloudevents+json"),)
                    found.append(
                        Told(place.partition, record.offset, read.position, read.event_id, record.value)
                    )
        return sorted(found, key=lambda each: (each.partition, each.offset))
    finally:
        await consumer.stop()


async def repeats_of_whole_topic(settings: Settings, generation: int = 1) -> int:
    """Holds that the topic tells the store's story; the number of repeats, which are byte-equal.

    By first occurrence every partition is gapless and ascending, and nothing is missing or foreign.
    """
    records = await told(settings, generation)
    assert_in_order(records)
    values: dict[tuple[int, int], bytes] = {}
    for each in records:
        first = values.setdefault((each.partition, each.position), each.value)
        assert first == each.value, "a repeat differs from the first"
    ids = {(each.partition, each.position): each.event_id for each in records}
    assert ids == await stored(settings)
    return len(records) - len(values)


def assert_in_order(records: Sequence[Told]) -> None:
    highest: dict[int, int] = defaultdict(int)
    for each in records:
        assert each.position <= highest[each.partition] + 1, "a position came before the one that precedes it"
        highest[each.partition] = max(highest[each.partition], each.position)
