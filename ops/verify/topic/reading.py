"""A topic, read from its beginning to the mark seen at the start."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from kernel.log.partitions import PARTITIONS
from kernel.log.topics import SECONDS_TO_ANSWER
from kernel.settings import Settings
from kernel.stopping import stopped
from ops.errors import CannotRun

MANY = 2000
MOST_MS_OF_SILENCE = 30_000


class Published(Protocol):
    """A record of a topic, as aiokafka gives it."""

    offset: int
    key: bytes | None
    value: bytes | None


class Topic(NamedTuple):
    """An open topic with the offset at which each partition ended when it was opened."""

    consumer: AIOKafkaConsumer
    name: str
    ends: dict[int, int]

    async def records(self, partition: int) -> AsyncIterator[Sequence[Published]]:
        """All records of one partition, in the order of their offsets."""
        end = self.ends[partition]
        if end == 0:
            return
        one = TopicPartition(self.name, partition)
        self.consumer.assign([one])
        await self.consumer.seek_to_beginning(one)
        while await self.consumer.position(one) < end:
            batches = await self.consumer.getmany(one, timeout_ms=MOST_MS_OF_SILENCE, max_records=MANY)
            if one not in batches:
                raise CannotRun(f"Kafka gave nothing of {self.name}, partition {partition}: try again.")
            yield [record for record in batches[one] if record.offset < end]


@asynccontextmanager
async def opened(settings: Settings, name: str) -> AsyncIterator[Topic]:
    """The topic by its name; one that is not there is empty."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=int(SECONDS_TO_ANSWER * 1000),
        max_partition_fetch_bytes=8 * 1024 * 1024,
        fetch_max_wait_ms=10,  # a request that waits at a partition's end would keep the next one waiting
    )
    try:
        await consumer.start()
        yield Topic(consumer, name, await _ends(consumer, name))
    finally:
        await stopped(consumer.stop())


async def _ends(consumer: AIOKafkaConsumer, name: str) -> dict[int, int]:
    if name not in await consumer.topics():
        return dict.fromkeys(range(PARTITIONS), 0)
    partitions = [TopicPartition(name, partition) for partition in range(PARTITIONS)]
    return {one.partition: end for one, end in (await consumer.end_offsets(partitions)).items()}
