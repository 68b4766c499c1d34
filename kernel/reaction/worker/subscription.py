"""What one reaction takes from its topics, as FastStream hands it over: batches of records as they are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.subscriber.usecase import BatchSubscriber
from faststream.message import StreamMessage

from kernel.database import DatabaseAway
from kernel.metrics import CONSUMER_ERRORS
from kernel.reaction import outbox
from kernel.reaction.applying import folding
from kernel.reaction.reaction import Reaction
from kernel.settings import Settings
from kernel.taking.applied import Applied
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.batch import take
from kernel.taking.checkpoints import Checkpoint, Place
from kernel.taking.gaps import Gaps
from kernel.taking.generations import Topics
from kernel.taking.opening import open_personal
from kernel.taking.watching import Watch
from kernel.vault.vault import Vault

LOG = logging.getLogger(__name__)

RECORDS_AT_ONCE = 2_000
IDLE_MS = 20
MOST_WAITING = 10_000
"""Commands in the outbox, above which nothing more is taken."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0

Batch = tuple[ConsumerRecord, ...]


class Subscription(ConsumerRebalanceListener):  # type: ignore[misc]
    """One reaction's. Its positions decide what is taken; what Kafka has committed is a hint."""

    def __init__(
        self,
        reaction: Reaction[Any],
        pool: asyncpg.Pool,
        vault: Vault,
        on_issued: Callable[[], None],
    ) -> None:
        self.reaction = reaction
        self.topics: Topics = {}
        """Those to be subscribed, and then those that are."""
        self.gaps = Gaps()
        self.heads: dict[int, Checkpoint] = {}
        self.watch = Watch()
        self.trouble: str | None = None
        self._reading = Reading([reaction])
        self._pool, self._vault, self._on_issued = pool, vault, on_issued
        self._subscriber: BatchSubscriber | None = None
        self._sought = False
        """Whether its places were gone to since they became its own, or since a batch was left untaken."""

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """The consumer while it runs."""
        return self._subscriber.consumer if self._subscriber else None

    def subscribe(self, broker: KafkaBroker, settings: Settings) -> None:
        """Registers with a broker that is not started yet."""
        self.watch.begin()
        self._sought = False
        self._subscriber = broker.subscriber(
            *self.topics,
            batch=True,
            max_records=RECORDS_AT_ONCE,
            batch_timeout_ms=IDLE_MS,
            group_id=f"{settings.topics}.{self.reaction.name}",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_500,
            listener=self,
            parser=_as_it_is,
            decoder=_records,
            no_reply=True,
        )
        self._subscriber(self.take)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._sought = False

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._sought = False

    async def take(self, records: Batch) -> None:
        """Takes a batch for good. FastStream would go on behind an error, so none may leave here."""
        try:
            arrivals = [
                self._reading.read(
                    *self.topics[record.topic], record.partition, record.offset, record.value or b""
                )
                for record in records
            ]
            self._after(await self._until_applied(arrivals))
            await self._commit()
        except Exception as error:  # no later record of its places need come, by which it would be missed
            self._failed(error)
            self._sought = False

    async def _until_applied(self, arrivals: Sequence[Arrival]) -> Applied:
        pause, fold = FIRST_PAUSE, folding(self.reaction, self._vault.digest)
        while True:
            try:
                await open_personal(self._vault, self._reading.personal, arrivals)
                applied = await take(self._pool, self.reaction, arrivals, fold)
                await self._room(applied)
                return applied
            except (DatabaseAway, asyncpg.PostgresError) as error:
                self._failed(error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _room(self, applied: Applied) -> None:
        """Wakes the sender, and waits while the outbox is full."""
        if applied.applied:
            self._on_issued()
            # Another process may be the one that sends.
            while await outbox.waiting(self._pool, MOST_WAITING) == MOST_WAITING:
                self.trouble = "the outbox is full"
                await asyncio.sleep(FIRST_PAUSE)

    def _after(self, applied: Applied) -> None:
        self.heads.update(applied.checkpoints)
        self.trouble = None
        if applied.parked:
            LOG.error("events parked", extra={"reaction": self.reaction.name, "parked": applied.parked})
        self.gaps.closed(applied.moved)
        self.gaps.found(applied.gaps)
        for service, partition in applied.gaps:
            LOG.error(
                "gap", extra={"reaction": self.reaction.name, "service": service, "partition": partition}
            )
            self._look_again((service, partition))

    def _look_again(self, place: Place) -> None:
        """Goes back to the record after the last one taken; when that did not help, later and further."""
        service, partition = place
        head = self.heads[partition].head(service)
        consumer = self.consumer
        for name, (named, generation) in self.topics.items():
            if named == service and consumer is not None:
                taken = head.next_offset(generation)
                at = TopicPartition(name, partition)
                try:
                    consumer.seek(at, self.gaps.next_offset(place, taken))
                    if self.gaps.waits(place):
                        consumer.pause(at)
                except IllegalStateError:  # another member's by now
                    continue

    def seek(self) -> None:
        """Where that is to be done, goes to where the checkpoints are, whatever Kafka has committed.

        They may have gone back with a database that was restored, or on to another topic.
        """
        if (consumer := self.consumer) is None or self._sought:
            return
        for at in consumer.assignment():
            service, generation = self.topics[at.topic]
            consumer.seek(at, self.heads[at.partition].head(service).next_offset(generation))
        self._sought = bool(consumer.assignment())

    def resume(self) -> None:
        """Lets the places go on in which it is time to look again."""
        if (consumer := self.consumer) is not None:
            for at in consumer.paused():
                if not self.gaps.waits((self.topics[at.topic][0], at.partition)):
                    consumer.resume(at)

    async def _commit(self) -> None:
        try:
            if (consumer := self.consumer) is not None:
                await consumer.commit()
        except (KafkaError, IllegalStateError) as error:
            LOG.debug("offsets not committed", exc_info=error)

    def _failed(self, error: Exception) -> None:
        CONSUMER_ERRORS.labels(self.reaction.name).inc()
        if self.trouble is None:
            LOG.warning("a batch is not taken yet", extra={"reaction": self.reaction.name}, exc_info=error)
        self.trouble = type(error).__name__


async def _as_it_is(records: Batch) -> StreamMessage[Batch]:
    """FastStream's own parser decodes every header, and skips a batch for good in which one cannot be."""
    return StreamMessage(raw_message=records, body=b"", message_id="", correlation_id="")


async def _records(message: StreamMessage[Batch]) -> Batch:
    return message.raw_message
