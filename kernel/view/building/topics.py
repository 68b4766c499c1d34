"""What the topics hold of one partition, from where a checkpoint is to where they end now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kernel.settings import Settings
from kernel.stopping import stopped
from kernel.taking import generations
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint

RECORDS_AT_ONCE = 5_000
MILLISECONDS_WITHOUT_RECORDS = 10_000
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Topics:
    """The topics of some services, to be read partition by partition."""

    consumer: AIOKafkaConsumer
    names: generations.Topics

    async def left(self, after: Mapping[int, Checkpoint]) -> int:
        """How many records follow these checkpoints, one for each partition."""
        places = {
            TopicPartition(name, partition): after[partition].head(service).next_offset(generation)
            for name, (service, generation) in self.names.items()
            for partition in after
        }
        ends = await self.consumer.end_offsets(list(places))
        return sum(max(0, ends[place] - begin) for place, begin in places.items())

    async def batches(
        self, partition: int, reading: Reading, after: Checkpoint
    ) -> AsyncIterator[list[Arrival]]:
        """Everything of the partition after these heads that is there now; raises KafkaError."""
        places = {TopicPartition(name, partition): of for name, of in self.names.items()}
        reached = {place: after.head(of).next_offset(number) for place, (of, number) in places.items()}
        self.consumer.assign(list(places))
        # With no await in between: a seek that meets aiokafka's own search for a position loses records.
        for place, offset in reached.items():
            self.consumer.seek(place, offset)
        ends = await self.consumer.end_offsets(list(places))
        while left := [place for place in places if reached[place] < ends[place]]:
            fetched = await self.consumer.getmany(
                *left, timeout_ms=MILLISECONDS_WITHOUT_RECORDS, max_records=RECORDS_AT_ONCE
            )
            if not any(fetched.values()):
                raise KafkaError("The topics could not be read to their end.")
            for place, records in fetched.items():
                reached[place] = records[-1].offset + 1
            yield [
                reading.read(*places[place], partition, record.offset, record.value or b"")
                for place, records in fetched.items()
                for record in records
            ]


@asynccontextmanager
async def opened(settings: Settings, names: generations.Topics) -> AsyncIterator[Topics]:
    """A consumer of its own, in no group; raises KafkaError, OSError."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=10,  # a request that waits at one topic's end would keep the next one waiting
        fetch_max_bytes=16 * MEBIBYTE,
        max_partition_fetch_bytes=8 * MEBIBYTE,
    )
    try:
        await consumer.start()
        yield Topics(consumer, names)
    finally:
        await stopped(consumer.stop())
