"""Whether the topic holds only what the store holds: asked before a leader sends anything."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg
import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from kernel.database import database_away
from kernel.log import envelope
from kernel.log.relay.marks import Mark
from kernel.settings import Settings
from kernel.stopping import stopped

LOG = logging.getLogger(__name__)

SECONDS_WITHOUT_PROGRESS = 10.0
SECONDS_TO_STOP = 1.0

STORED = """
SELECT event.event_id FROM unnest($1::bigint[]) WITH ORDINALITY seen(position, number)
LEFT JOIN event ON event.partition = $2 AND event.position = seen.position
ORDER BY seen.number
"""


class Different(Exception):
    """The topic and the store tell different stories; the sentence says where they part."""


@dataclass(slots=True)
class _Followed:
    """How far the records of one partition have been followed."""

    mark: Mark
    end: int
    offset: int
    highest: int


async def compare(settings: Settings, topic: str, pool: asyncpg.Pool, marks: Sequence[Mark]) -> None:
    """Follows each partition of the topic from its mark to its end.

    The record at the mark must be the marked one; a later one must repeat the store's events or be the next.
    One that is no event at all tells nothing of the store: it is a stranger's, and takers set it aside.
    Raises Different (a restored or lost store, a lost or foreign topic), KafkaError or TimeoutError.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        enable_auto_commit=False,
        auto_offset_reset="none",
        request_timeout_ms=int(SECONDS_WITHOUT_PROGRESS * 1000),
    )
    try:
        async with asyncio.timeout(SECONDS_WITHOUT_PROGRESS):
            await consumer.start()
            followed = await _begin(consumer, topic, marks)
        await _follow(consumer, pool, followed)
    finally:
        await stopped(consumer.stop(), SECONDS_TO_STOP)


async def _begin(
    consumer: AIOKafkaConsumer, topic: str, marks: Sequence[Mark]
) -> dict[TopicPartition, _Followed]:
    partitions = [TopicPartition(topic, mark.partition) for mark in marks]
    consumer.assign(partitions)
    # With no await in between: a seek that meets aiokafka's own search for a position loses records.
    for place, mark in zip(partitions, marks, strict=True):
        consumer.seek(place, max(mark.topic_offset, 0))
    first = await consumer.beginning_offsets(partitions)
    end = await consumer.end_offsets(partitions)
    followed = {}
    for place, mark in zip(partitions, marks, strict=True):
        start = max(mark.topic_offset, 0)
        if first[place] > start or end[place] <= mark.topic_offset:
            raise Different(
                f"{topic} partition {mark.partition} holds offsets {first[place]} to {end[place] - 1}, "
                f"but position {mark.position} was published at offset {mark.topic_offset}."
            )
        followed[place] = _Followed(mark, end[place], start, mark.position)
    return followed


async def _follow(
    consumer: AIOKafkaConsumer, pool: asyncpg.Pool, followed: Mapping[TopicPartition, _Followed]
) -> None:
    while open_places := [place for place, state in followed.items() if state.offset < state.end]:
        fetched = await consumer.getmany(*open_places, timeout_ms=int(SECONDS_WITHOUT_PROGRESS * 1000))
        if not fetched:
            raise KafkaError("The topic could not be read to its end.")
        for place, records in fetched.items():
            await _check(pool, place, followed[place], records)


async def _check(
    pool: asyncpg.Pool, place: TopicPartition, state: _Followed, records: Sequence[ConsumerRecord]
) -> None:
    seen = [(record, each) for record in records if (each := _read(place, state.mark, record)) is not None]
    with database_away():
        stored = await pool.fetch(STORED, [each.position for _, each in seen], place.partition)
    for (record, each), row in zip(seen, stored, strict=True):
        at = f"{place.topic} partition {place.partition} offset {record.offset}"
        if row["event_id"] is None:
            raise Different(f"{at} holds position {each.position}, which the store lacks.")
        if row["event_id"] != each.event_id:
            raise Different(f"{at} holds another event at position {each.position} than the store.")
        if record.offset == state.mark.topic_offset and each.position != state.mark.position:
            raise Different(f"{at} holds position {each.position}, not {state.mark.position} as published.")
        if each.position > state.highest + 1:
            raise Different(f"{at} holds position {each.position} next after {state.highest}.")
        state.highest = max(state.highest, each.position)
    state.offset = records[-1].offset + 1


def _read(place: TopicPartition, mark: Mark, record: ConsumerRecord) -> envelope.Envelope | None:
    """The event; None: there is none."""
    try:
        return envelope.read(record.value or b"")
    except msgspec.MsgspecError as error:
        sentence = f"{place.topic} partition {place.partition} offset {record.offset} holds no event."
        if record.offset == mark.topic_offset:
            raise Different(sentence) from error
        LOG.warning("the topic holds a stranger's record", extra={"reason": sentence})
        return None
