"""Topics of a measurement's own: made, filled at once with a backlog, and their groups of consumers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from bench.folding.backlog import Backlog
from kernel.log.envelope import CONTENT_TYPE
from kernel.log.topics import ensure_topic, topic
from kernel.settings import SERVICES, Settings
from ops.errors import CannotRun

RECORDS_AT_ONCE = 500
"""As the relay does when it is behind."""
LARGEST_BATCH = 2 * 1024 * 1024
HEADERS = [("content-type", CONTENT_TYPE)]
SECONDS_TO_JOIN = 60.0
SECONDS_BETWEEN_LOOKS = 0.1


@asynccontextmanager
async def own_topics(settings: Settings) -> AsyncIterator[list[str]]:
    """The topics of these settings, empty; deleted afterwards, for a backlog is large."""
    names = [topic(settings, service, 1) for service in SERVICES]
    for name in names:
        await ensure_topic(settings, name)
    yield names
    administrator = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await administrator.start()
    await administrator.delete_topics(names)
    await administrator.close()


@asynccontextmanager
async def prepared(settings: Settings, backlog: Backlog) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """A call that hands the whole backlog over, made ready beforehand, and returns when the broker has it."""
    async with producing(settings) as producer:
        batches = list(batches_of(producer, settings, backlog))
        yield lambda: sent(producer, batches)


@asynccontextmanager
async def producing(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that compresses as the relay does."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka, acks="all", compression_type="zstd", max_batch_size=LARGEST_BATCH
    )
    await producer.start()
    yield producer
    await producer.stop()


Batch = tuple[BatchBuilder, str, int]
"""Records, topic, partition."""


async def sent(producer: AIOKafkaProducer, batches: Iterable[Batch]) -> None:
    """Sends them in order, and waits until the broker has them."""
    sending = [await producer.send_batch(batch, name, partition=number) for batch, name, number in batches]
    await asyncio.gather(*sending)


def batches_of(producer: AIOKafkaProducer, settings: Settings, backlog: Backlog) -> Iterator[Batch]:
    """The whole backlog, as batches of the relay's size."""
    for (service, partition), records in backlog.records.items():
        for first in range(0, len(records), RECORDS_AT_ONCE):
            batch = producer.create_batch()
            for key, value, timestamp in records[first : first + RECORDS_AT_ONCE]:
                assert batch.append(timestamp=timestamp, key=key, value=value, headers=HEADERS) is not None
            batch.close()
            yield batch, topic(settings, service, 1), partition


async def until_joined(settings: Settings, group: str, members: int) -> None:
    """Waits until the group has so many members and each has its partitions; raises CannotRun."""
    administrator = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await administrator.start()
    try:
        async with asyncio.timeout(SECONDS_TO_JOIN):
            while not await _joined(administrator, group, members):  # noqa: ASYNC110
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
    except TimeoutError:
        raise CannotRun(f"the group {group} did not get {members} members.") from None
    finally:
        await administrator.close()


async def _joined(administrator: AIOKafkaAdminClient, group: str, members: int) -> bool:
    try:
        (answer,) = await administrator.describe_consumer_groups([group])
    except KafkaError:  # a broker's first group has no coordinator yet
        return False
    _, _, state, _, _, there = answer.groups[0][:6]
    return state == "Stable" and len(there) == members and all(member[4] for member in there)
