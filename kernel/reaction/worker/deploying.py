"""What a reaction needs to find before it starts: its topics, and where its commands begin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from kernel.database import database_away
from kernel.log import envelope
from kernel.log.partitions import PARTITIONS
from kernel.reaction import starts
from kernel.reaction.reaction import Reaction
from kernel.reaction.starts import Starts
from kernel.settings import Settings
from kernel.stopping import stopped
from kernel.taking.generations import Topics

SECONDS_TO_ANSWER = 5.0


async def missing(settings: Settings, topics: Collection[str]) -> set[str]:
    """The topics that are not there yet: a relay makes its service's. Raises KafkaError, TimeoutError."""
    async with _asking(settings) as consumer:
        there: set[str] = await consumer.topics()
    return set(topics) - there


async def deploy(settings: Settings, pool: asyncpg.Pool, reaction: Reaction[Any], topics: Topics) -> None:
    """Settles where the reaction's commands begin; one that was never here follows what happens from now on.

    Raises DatabaseAway, KafkaError, TimeoutError.
    """
    with database_away():
        known = await starts.read(pool, reaction)
    if known is not None:
        return
    found = {} if reaction.from_beginning else await _ends(settings, topics)
    with database_away():
        await starts.begin(pool, reaction, found)


async def _ends(settings: Settings, topics: Topics) -> Starts:
    """The position after the last record of each place; of one whose last is no event, as if all were."""
    async with _asking(settings) as consumer:
        places = [TopicPartition(name, n) for name in topics for n in range(PARTITIONS)]
        ends = await consumer.end_offsets(places)
        begun = [place for place in places if ends[place]]
        consumer.assign(begun)
        for place in begun:
            consumer.seek(place, ends[place] - 1)
        found = {}
        while left := [place for place in begun if place not in found]:
            for place, records in (await consumer.getmany(*left, timeout_ms=100)).items():
                found[place] = _position(records[0]) + 1
    return {(topics[place.topic][0], place.partition): start for place, start in found.items()}


def _position(record: ConsumerRecord) -> int:
    try:
        return envelope.read(record.value or b"").position
    except msgspec.MsgspecError:
        return int(record.offset) + 1


@asynccontextmanager
async def _asking(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of nothing, to ask Kafka with."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka)
    try:
        async with asyncio.timeout(SECONDS_TO_ANSWER):
            await consumer.start()
            yield consumer
    finally:
        await stopped(consumer.stop())
