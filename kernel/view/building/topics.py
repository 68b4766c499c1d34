"""What the topics hold of one partition, from where a checkpoint is to where they end now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from kernel.log.envelope import read
from kernel.log.topics import SECONDS_TO_ANSWER
from kernel.settings import Settings
from kernel.stopping import stopped
from kernel.taking import generations
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint
from kernel.view.building.fetching import batches, records

RECORDS_AT_ONCE = 5_000


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
        ends = await self.consumer.end_offsets(list(places))
        for place, (service, generation) in places.items():
            first = after.head(service).next_offset(generation)
            async with aclosing(batches(self.consumer._client, place, first, ends[place])) as found:
                async for some in found:
                    for taken in _at_most(RECORDS_AT_ONCE, records(some, first)):
                        yield [
                            reading.read(service, generation, partition, record.offset, record.value or b"")
                            for record in taken
                        ]

    async def event_at(self, service: str, partition: int, position: int) -> UUID | None:
        """The id of the event at a position, None where the topic ends before it; raises KafkaError."""
        (name,) = (name for name, (of, _) in self.names.items() if of == service)
        place = TopicPartition(name, partition)
        first, ends = position - 1, await self.consumer.end_offsets([place])
        async with aclosing(batches(self.consumer._client, place, first, ends[place])) as found:
            async for some in found:
                for record in records(some, first):
                    with suppress(msgspec.MsgspecError, ValueError):  # no event of ours
                        envelope = read(record.value or b"")
                        if envelope.position == position:
                            return envelope.event_id
        return None


def _at_most(most: int, found: Iterator[Any]) -> Iterator[list[Any]]:
    while some := list(islice(found, most)):
        yield some


class NoTopic(Exception):
    """There is no such topic."""


@asynccontextmanager
async def opened(settings: Settings, names: generations.Topics) -> AsyncIterator[Topics]:
    """A consumer of its own, in no group; raises NoTopic, KafkaError, OSError."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        enable_auto_commit=False,
        auto_offset_reset="none",
        request_timeout_ms=int(SECONDS_TO_ANSWER * 1000),
    )
    try:
        await consumer.start()
        if missing := sorted(names.keys() - await consumer.topics()):
            raise NoTopic(f"there is no topic {missing[0]}")
        yield Topics(consumer, names)
    finally:
        await stopped(consumer.stop())
