"""A topic's partition comes whole and in order, from whatever record on, in however many answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import accumulate

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CorruptRecordException, KafkaError, OffsetOutOfRangeError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from kernel.log.topics import ensure_topic
from kernel.settings import Settings
from kernel.view.building import fetching
from kernel.view.building.fetching import batches, records

PLACE_NAME = "letters"
IN_A_BATCH, BATCHES = 50, 6
ALONE = 3
"""Records at the end that are a batch each."""
END = IN_A_BATCH * BATCHES + ALONE


def value(offset: int) -> bytes:
    return b"letter %d " % offset * 20


@asynccontextmanager
async def letters(settings: Settings) -> AsyncIterator[tuple[AIOKafkaConsumer, TopicPartition]]:
    """A topic with batches of many records, as the relay writes them, and a connection."""
    place = TopicPartition(f"{settings.topics}.{PLACE_NAME}", 3)
    await ensure_topic(settings, place.topic)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", compression_type="zstd")
    await producer.start()
    sizes = [IN_A_BATCH] * BATCHES + [1] * ALONE
    for first, size in zip(accumulate(sizes, initial=0), sizes, strict=False):
        batch = filled(producer.create_batch(), first, size)
        await (await producer.send_batch(batch, place.topic, partition=place.partition))
    await producer.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka)
    await consumer.start()
    await consumer.end_offsets([place])
    try:
        yield consumer, place
    finally:
        await consumer.stop()


def filled(batch: BatchBuilder, first: int, size: int = IN_A_BATCH) -> BatchBuilder:
    for offset in range(first, first + size):
        batch.append(timestamp=1, key=None, value=value(offset))
    batch.close()
    return batch


async def read(
    consumer: AIOKafkaConsumer, place: TopicPartition, first: int, end: int
) -> list[list[tuple[int, bytes]]]:
    """Offset and value of each record, by answer."""
    return [
        [(record.offset, record.value) for record in records(found, first)]
        async for found in batches(consumer._client, place, first, end)
    ]


@pytest.mark.parametrize("largest", [1, fetching.LARGEST_ANSWER])
@pytest.mark.parametrize("first", [0, 1, IN_A_BATCH - 1, IN_A_BATCH, 137, END - 1, END])
async def test_every_record_from_one_on_comes_once_and_in_order(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, largest: int, first: int
) -> None:
    monkeypatch.setattr(fetching, "LARGEST_ANSWER", largest)
    async with letters(settings) as (consumer, place):
        answers = await read(consumer, place, first, END)
    assert [pair for answer in answers for pair in answer] == [(n, value(n)) for n in range(first, END)]
    if largest == 1 and first < END - ALONE:
        assert len(answers) == BATCHES - first // IN_A_BATCH + ALONE


async def test_where_the_topic_is_gone_the_reading_ends(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECONDS_WITHOUT_RECORDS", 1.0)
    async with letters(settings) as (consumer, place):
        administrator = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
        await administrator.start()
        await administrator.delete_topics([place.topic])
        await administrator.close()
        with pytest.raises(KafkaError, match=f"{place.topic}, partition 3, could not be read to its end"):
            await read(consumer, place, 0, END)


async def test_records_that_are_no_longer_there_are_not_passed_over(settings: Settings) -> None:
    async with letters(settings) as (consumer, place):
        with pytest.raises(OffsetOutOfRangeError):
            await read(consumer, place, END + 1, END + 2)


def test_a_damaged_batch_is_not_read() -> None:
    whole = bytes(filled(BatchBuilder(1 << 20, 0), 0)._builder.build())
    assert len(list(records([MemoryRecords(whole).next_batch()], 0))) == IN_A_BATCH
    damaged = MemoryRecords(whole.replace(b"letter 7 ", b"letter 8 ", 1)).next_batch()
    with pytest.raises(CorruptRecordException):
        list(records([damaged], 0))
