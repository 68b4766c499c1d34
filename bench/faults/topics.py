"""What a stranger puts on a topic: repeats, repeats in the wrong order, and what must never be there."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.faults.heads import pool
from bench.faults.load import Load
from bench.faults.oracle import Fault
from bench.faults.system import System
from kernel.log.partitions import PARTITIONS
from kernel.log.topics import topic
from kernel.stopping import stopped
from ops.verify.log import store

SERVICE, RELAY = "contacts", "contacts_relay"

LAST = 30
"""Records at each partition's end that are repeated."""

Record = tuple[int, bytes | None, bytes]
"""Partition, key, value."""


async def _repeats(system: System, load: Load, random: Random) -> int:
    """The last records of every partition once more, as they are."""
    records = await _last_records(system)
    await _put(system, records)
    return len(records)


async def _repeats_reversed(system: System, load: Load, random: Random) -> int:
    """The last records of every partition once more, the latest first."""
    records = await _last_records(system)
    await _put(system, records[::-1])
    return len(records)


async def _topic(system: System) -> str:
    async with pool(system.settings, SERVICE) as db:
        generation, _ = await store.marks(db)
    return topic(system.settings, SERVICE, generation)


async def _last_records(system: System) -> list[Record]:
    """The last ones of every partition, ascending in each."""
    name = await _topic(system)
    consumer = AIOKafkaConsumer(bootstrap_servers=system.settings.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(name, partition) for partition in range(PARTITIONS)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        for place, end in ends.items():
            consumer.seek(place, max(0, end - LAST))
        found: list[Record] = []
        while left := [place for place in places if await consumer.position(place) < ends[place]]:
            for place, records in (await consumer.getmany(*left, timeout_ms=200)).items():
                found += [(place.partition, record.key, record.value) for record in records]
        return found
    finally:
        await stopped(consumer.stop())


async def _put(system: System, records: Sequence[Record]) -> None:
    """Puts them on the topic, one after the other."""
    producer = AIOKafkaProducer(bootstrap_servers=system.settings.kafka, acks="all")
    await producer.start()
    try:
        name = await _topic(system)
        for partition, key, value in records:
            await producer.send_and_wait(name, value, key, partition)
    finally:
        await stopped(producer.stop())


FAULTS = (
    Fault("records repeated on a topic", _repeats),
    Fault("records repeated on a topic in the wrong order", _repeats_reversed),
)
