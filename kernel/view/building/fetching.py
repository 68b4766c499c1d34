"""One topic's partition, read as whole batches of records and always one request ahead.

aiokafka's own consumer makes an object of eleven fields of every record, which costs as much as decoding the
event that is in it. So its connection is used, and its parser of batches.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import CorruptRecordException, KafkaError, NoError, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

MEBIBYTE = 1024 * 1024
LARGEST_ANSWER = MEBIBYTE
"""Bytes, as they are compressed; a single larger batch comes whole."""
READ_UNCOMMITTED = 0
SECONDS_WITHOUT_RECORDS = 10.0
SECONDS_BETWEEN_TRIES = 0.1


async def batches(
    client: AIOKafkaClient, place: TopicPartition, first: int, end: int
) -> AsyncGenerator[Sequence[Any], None]:
    """Whole batches, of which the first may begin before `first`; `end` is the offset behind the last record.

    Raises KafkaError.
    """
    ahead = asyncio.create_task(_fetched(client, place, first)) if first < end else None
    try:
        while ahead is not None:
            found = await ahead
            first = found[-1].next_offset
            ahead = asyncio.create_task(_fetched(client, place, first)) if first < end else None
            yield found
    finally:
        if ahead is not None:
            ahead.cancel()


def records(found: Sequence[Any], first: int) -> Iterator[Any]:
    """The records of these batches from `first` on, each with `offset` and `value`."""
    for batch in found:
        if not batch.validate_crc():
            raise CorruptRecordException("A batch of records is damaged.")
        if not batch.is_control_batch:
            for record in batch:
                if record.offset >= first:
                    yield record


async def _fetched(client: AIOKafkaClient, place: TopicPartition, first: int) -> Sequence[Any]:
    """At least one batch. What passes by itself, as a new leader, is waited for."""
    try:
        async with asyncio.timeout(SECONDS_WITHOUT_RECORDS):
            while not (found := await _answered(client, place, first)):
                await asyncio.sleep(SECONDS_BETWEEN_TRIES)
                await client.force_metadata_update()
            return found
    except TimeoutError:
        raise KafkaError(
            f"{place.topic}, partition {place.partition}, could not be read to its end."
        ) from None


async def _answered(client: AIOKafkaClient, place: TopicPartition, first: int) -> Sequence[Any]:
    """One request; nothing where another try may do better."""
    leader = client.cluster.leader_for_partition(place)
    if leader is None or leader == -1:
        return []
    wanted = [(place.topic, [(place.partition, first, LARGEST_ANSWER)])]
    request = FetchRequest(100, 1, LARGEST_ANSWER, READ_UNCOMMITTED, wanted)
    try:
        answer = await client.send(leader, request)
    except KafkaError as error:
        if not error.retriable:
            raise
        return []
    ((_, ((_, code, *_, bytes_),)),) = answer.topics
    answered = for_code(code)
    if answered is not NoError:
        if not answered.retriable:
            raise answered(f"{place.topic}, partition {place.partition}, offset {first}")
        return []
    return list(_batches(MemoryRecords(bytes_)))


def _batches(found: Any) -> Iterator[Any]:
    while found.has_next():
        yield found.next_batch()
