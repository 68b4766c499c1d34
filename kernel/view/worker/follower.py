"""One member of a consumer group that takes what the topics bring into a set of views."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError

from kernel.database import DatabaseAway, database_away
from kernel.taking import checkpoints
from kernel.taking.applied import Applied
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint, Place
from kernel.taking.generations import Topics
from kernel.taking.opening import open_personal
from kernel.vault.vault import Vault
from kernel.view import versions
from kernel.view.batch.applying import apply, apply_together
from kernel.view.view import View
from kernel.view.worker.progress import Progress
from kernel.view.worker.traces import tell

RECORDS_AT_ONCE = 5_000
IDLE_MS = 500
MANY, BREATH = 100, 0.05
"""After a batch of so many records, so many seconds let the next one grow: a transaction costs a view as much
for few rows as for many."""
FEW = 500
"""Up to so many records all views share a transaction; with more each has its own, side by side."""
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0


class Follower(ConsumerRebalanceListener):  # type: ignore[misc]
    """Fetches a batch, applies it to every view, and so on; seeks wherever the views' checkpoints say.

    Fetching may bring records that were asked for before a rebalance: `epoch` tells them apart. They are left
    where they are, and the checkpoints say again where to go on.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        topics: Topics,
        views: Sequence[View[Any]],
        pool: asyncpg.Pool,
        vault: Vault | None,
        progress: Progress,
    ) -> None:
        self._consumer, self._topics = consumer, topics
        self._folds, self._views, self._reading = views, tuple(views), Reading(views)
        self._pool, self._vault = pool, vault
        self.progress = progress
        self._epoch = 0
        self._sought: int | None = None
        self.busy = asyncio.Lock()
        """Held while a batch is taken; a partition leaves for another member between batches."""

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        self._epoch += 1
        async with self.busy:
            return

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        self._epoch += 1

    def look_again(self) -> None:
        """Goes to the checkpoints of the versions that are to be followed, if it does not already."""
        if self._sought == self._epoch:
            self._epoch += 1

    async def follow(self) -> None:
        """Goes on until cancelled; raises KafkaError."""
        while True:
            epoch = self._epoch
            if self._sought != epoch and not await self._seek_all(epoch):
                continue
            self._resume()
            records = await self._consumer.getmany(timeout_ms=IDLE_MS, max_records=RECORDS_AT_ONCE)
            async with self.busy:
                if self._epoch != epoch:
                    self._sought = None
                elif records:
                    await self._take(epoch, records)
            if MANY <= sum(map(len, records.values())) < RECORDS_AT_ONCE:
                await asyncio.sleep(BREATH)

    async def _take(self, epoch: int, records: Mapping[TopicPartition, Sequence[Any]]) -> None:
        arrivals = [
            self._reading.read(
                *self._topics[place.topic], place.partition, record.offset, record.value or b""
            )
            for place, found in records.items()
            for record in found
        ]
        self.progress.fetched(
            {
                self._place(place): (found[0].offset, found[0].timestamp / 1000)
                for place, found in records.items()
            },
            {self._place(place): self._consumer.highwater(place) for place in records},
        )
        began = time.time_ns()
        applied = await self._until_applied(epoch, arrivals)
        if applied is None:
            self._sought = None
            return
        tell(self._views, arrivals, self.progress.heads, applied, began)
        self.progress.took(applied)
        self._look_again(applied)

    def _look_again(self, applied: Mapping[str, Applied]) -> None:
        """Seeks back to what a view is missing."""
        gaps = {table: result.gaps for table, result in applied.items() if result.gaps}
        self.progress.gaps.closed({place for result in applied.values() for place in result.moved})
        self.progress.gaps.found({place for places in gaps.values() for place in places})
        for table, places in gaps.items():
            self.progress.gap(table, [place for place in places if self.progress.gaps.lasts(place)])
        if gaps:
            self._sought = None

    async def _until_applied(self, epoch: int, arrivals: list[Arrival]) -> dict[str, Applied] | None:
        """Tries until the database takes the batch; None where the partitions are no longer ours."""
        pause = FIRST_PAUSE
        while self._epoch == epoch:
            try:
                return await self._apply(arrivals)
            except (DatabaseAway, asyncpg.PostgresError) as error:
                self.progress.failed("database", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except checkpoints.Gone:
                return None
        return None

    async def _apply(self, arrivals: list[Arrival]) -> dict[str, Applied]:
        if self._vault is not None:
            await open_personal(self._vault, self._reading.personal, arrivals)
        seen = self.progress.heads
        if len(arrivals) <= FEW and (taken := await apply_together(self._pool, self._views, arrivals, seen)):
            return taken
        work = [apply(self._pool, view, arrivals, seen.get(view.table_name)) for view in self._views]
        # Each view to its end, so that none still works on a batch that is tried again.
        results = await asyncio.gather(*work, return_exceptions=True)
        applied: dict[str, Applied] = {}
        for view, result in zip(self._views, results, strict=True):
            if isinstance(result, BaseException):
                raise result
            applied[view.table_name] = result
        return applied

    async def _seek_all(self, epoch: int) -> bool:
        """Goes to where the views' checkpoints are, on every partition that is ours; False: try again."""
        assigned = self._consumer.assignment()
        try:
            with database_away():
                self._views = await versions.followed(self._pool, self._folds)
                found = await checkpoints.every(self._pool, self._views)
            if not all(found.values()):  # one was dropped in between
                return False
            self._reading = Reading(self._views)
            for topic_partition in assigned:
                self._seek(topic_partition, found)
        except (DatabaseAway, asyncpg.PostgresError) as error:
            self.progress.failed("database", error)
            await asyncio.sleep(FIRST_PAUSE * 10)
            return False
        except IllegalStateError:  # revoked meanwhile
            return False
        self.progress.enter(self._views, found, map(self._place, assigned))
        self._sought = epoch
        return True

    def _seek(self, topic_partition: TopicPartition, found: Mapping[str, Mapping[int, Checkpoint]]) -> None:
        service, partition = place = self._place(topic_partition)
        heads = [found[view.table_name][partition] for view in self._views if service in view.services]
        generation = self._topics[topic_partition.topic][1]
        # Where the view furthest behind goes on.
        behind = min((head.head(service).next_offset(generation) for head in heads), default=0)
        self._consumer.seek(topic_partition, self.progress.gaps.next_offset(place, behind))
        if self.progress.gaps.waits(place):
            self._consumer.pause(topic_partition)

    def _resume(self) -> None:
        for topic_partition in self._consumer.paused():
            if not self.progress.gaps.waits(self._place(topic_partition)):
                self._consumer.resume(topic_partition)

    def _place(self, topic_partition: TopicPartition) -> Place:
        return self._topics[topic_partition.topic][0], topic_partition.partition
