"""What a rebuild cannot be faster than: the same topics consumed and decoded, and nothing done with it."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.workers import Workers, own_memory_mb
from kernel.garbage import collect_rarely
from kernel.log.envelope import read
from kernel.log.facts import decode
from kernel.log.partitions import PARTITIONS
from kernel.log.topics import topic
from kernel.settings import SERVICES, Settings
from kernel.taking.arrivals import Reading
from kernel.taking.checkpoints import Checkpoint
from kernel.taking.generations import FIRST
from kernel.view.building.topics import opened
from kernel.view.view import View

MEBIBYTE = 1024 * 1024


def as_rebuild(settings: Settings, workers: Workers, view: View[Any], events: int) -> dict[str, float]:
    """By the reader of the rebuild itself."""
    return workers.run(partial(_timed, _by_ours, settings, view.name, events))[0]


def as_aiokafka(settings: Settings, workers: Workers, view: View[Any], events: int) -> dict[str, float]:
    """By getmany, with the envelope and the event decoded one after the other."""
    return workers.run(partial(_timed, _by_getmany, settings, view.name, events))[0]


def _timed(read_all: Any, settings: Settings, name: str, events: int) -> dict[str, float]:
    from services.projections.app import VIEWS

    view = next(view for view in VIEWS if view.name == name)
    collect_rarely()
    began, cpu = time.perf_counter(), time.process_time()
    count = asyncio.run(read_all(settings, view))
    assert count == events, f"{count} of {events} events were read"
    return {
        "per_second": events / (time.perf_counter() - began),
        "cpu_us": (time.process_time() - cpu) / events * 1e6,
        "memory_mb": own_memory_mb(),
    }


async def _by_ours(settings: Settings, view: View[Any]) -> int:
    count = 0
    names = {topic(settings, service, FIRST): (service, FIRST) for service in view.services}
    async with opened(settings, names) as topics:
        for partition in range(PARTITIONS):
            async for arrivals in topics.batches(partition, Reading((view,)), Checkpoint(partition)):
                count += sum(arrival.fact is not None for arrival in arrivals)
    return count


async def _by_getmany(settings: Settings, view: View[Any]) -> int:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        auto_offset_reset="earliest",
        fetch_max_bytes=16 * MEBIBYTE,
        max_partition_fetch_bytes=8 * MEBIBYTE,
    )
    await consumer.start()
    try:
        names = [topic(settings, service, 1) for service in SERVICES]
        places = [TopicPartition(name, partition) for name in names for partition in range(PARTITIONS)]
        ends = await consumer.end_offsets(places)
        consumer.assign(places)
        count, left = 0, sum(ends.values())
        while left:
            for records in (await consumer.getmany(timeout_ms=1_000, max_records=5_000)).values():
                left -= len(records)
                for record in records:
                    envelope = read(record.value)
                    if cls := view.types.get(envelope.type):
                        decode(cls, envelope.schema_version, envelope.data)
                        count += 1
        return count
    finally:
        await consumer.stop()
