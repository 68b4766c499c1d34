"""A topic of the log from where it is asked for to where it ends, and beyond."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from kernel.log.partitions import PARTITIONS
from kernel.log.topics import SECONDS_TO_ANSWER
from kernel.settings import Settings
from kernel.stopping import stopped
from ops.errors import CannotRun
from ops.output import counted
from ops.replaying.wanted import Once, Seen, Wanted, seen

RECORDS_AT_ONCE = 500
SECONDS_OF_SILENCE = 30
IDLE_MS = 500
EARLIEST = datetime.min.replace(tzinfo=UTC)


class Record(NamedTuple):
    """One record; without `event` it is none of ours."""

    partition: int
    offset: int
    value: bytes
    event: Seen | None


@dataclass
class Topic:
    """An open topic, set to where each partition begins to be of interest."""

    consumer: AIOKafkaConsumer
    name: str
    wanted: Wanted
    ends: Mapping[int, int]
    """The offset after the last record, when it was opened."""
    begins: Mapping[int, int]
    _fetched: dict[int, deque[Record]] = field(default_factory=dict)

    def require_positions(self) -> None:
        """Raises CannotRun where the positions that are asked for begin beyond the end."""
        for partition, end in self.ends.items():
            if self.wanted.first > max(end, 1):
                raise CannotRun(
                    f"partition {partition} of {self.name} ends before position {self.wanted.first}: "
                    f"it has {counted(end, 'record')}."
                )

    async def merged(self) -> AsyncIterator[list[Record]]:
        """What was there when it was opened, all partitions together in the order of their recording.

        It holds a fetch of each partition, and no more.
        """
        heap: list[tuple[datetime, int, Record]] = []
        for partition, begin in self.begins.items():
            if begin < self.ends[partition]:
                await self._push(heap, partition)
        batch: list[Record] = []
        while heap:
            _, partition, record = heapq.heappop(heap)
            batch.append(record)
            if record.offset + 1 < self.ends[partition] and not self._over(record):
                await self._push(heap, partition)
            if len(batch) == RECORDS_AT_ONCE:
                yield batch
                batch = []
        yield batch

    async def following(self) -> AsyncIterator[list[Record]]:
        """What comes after that, as it comes; an empty batch where nothing did."""
        yield [record for found in self._fetched.values() for record in found]
        while True:
            fetched = await self.consumer.getmany(timeout_ms=IDLE_MS, max_records=RECORDS_AT_ONCE)
            yield [
                Record(place.partition, record.offset, value, seen(value))
                for place, records in fetched.items()
                for record in records
                for value in [record.value or b""]
            ]

    async def _push(self, heap: list[tuple[datetime, int, Record]], partition: int) -> None:
        found = self._fetched.setdefault(partition, deque())
        if not found:
            found.extend(await self._fetch(partition))
        record = found.popleft()
        at = EARLIEST if record.event is None else record.event.recordedtime
        heapq.heappush(heap, (at, partition, record))

    async def _fetch(self, partition: int) -> list[Record]:
        place = TopicPartition(self.name, partition)
        fetched = await self.consumer.getmany(
            place, timeout_ms=SECONDS_OF_SILENCE * 1000, max_records=RECORDS_AT_ONCE
        )
        if place not in fetched:
            raise CannotRun(f"Kafka gave nothing of {self.name}, partition {partition}: try again.")
        return [
            Record(partition, record.offset, value, seen(value))
            for record in fetched[place]
            for value in [record.value or b""]
        ]

    def _over(self, record: Record) -> bool:
        return record.event is not None and self.wanted.over(record.event)


@asynccontextmanager
async def opened(settings: Settings, name: str, once: Once) -> AsyncIterator[Topic]:
    """A consumer of its own, in no group, behind what was read by now; raises CannotRun, KafkaError."""
    wanted = once.wanted
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        enable_auto_commit=False,
        auto_offset_reset="none",
        request_timeout_ms=int(SECONDS_TO_ANSWER * 1000),
        fetch_max_wait_ms=50,
        fetch_max_bytes=16 * 1024 * 1024,
        max_partition_fetch_bytes=1024 * 1024,
    )
    try:
        await consumer.start()
        if name not in (names := await consumer.topics()):
            ours = (one for one in names if one.startswith(f"{settings.topics}."))
            there = ", ".join(sorted(one for one in ours if one.rpartition(".g")[2].isdecimal()))
            raise CannotRun(
                f"there is no topic {name}: " + (f"it is one of {there}." if there else "none is.")
            )
        partitions = range(PARTITIONS) if wanted.partition is None else [wanted.partition]
        places = [TopicPartition(name, partition) for partition in partitions]
        ends = {place: int(end) for place, end in (await consumer.end_offsets(places)).items()}
        begins = await _begins(consumer, places, ends, once)
        consumer.assign(places)
        # With no await in between: a seek that meets aiokafka's own search for a position loses records.
        for place in places:
            consumer.seek(place, begins[place])
        yield Topic(
            consumer,
            name,
            wanted,
            {place.partition: end for place, end in ends.items()},
            {place.partition: begin for place, begin in begins.items()},
        )
    finally:
        await stopped(consumer.stop())


async def _begins(
    consumer: AIOKafkaConsumer,
    places: list[TopicPartition],
    ends: Mapping[TopicPartition, int],
    once: Once,
) -> dict[TopicPartition, int]:
    """The offset behind which everything lies that is asked for and was not read yet.

    A record's time is when it was recorded, and its offset is never less than its position less one: what the
    topic repeats only moves it on.
    """
    wanted = once.wanted
    first = {place: max(wanted.first - 1, once.position(place.partition)) for place in places}
    begins = {place: min(first[place], ends[place]) for place in places}
    if wanted.since is not None:
        moment = max(0, int(wanted.since.timestamp() * 1000))
        found = await consumer.offsets_for_times(dict.fromkeys(places, moment))
        for place, at in found.items():
            begins[place] = ends[place] if at is None else max(begins[place], at.offset)
    return begins
