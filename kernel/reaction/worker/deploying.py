"""What a reaction needs to find before it starts: its topics, and where its commands begin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from kernel.database import database_away
from kernel.log.partitions import PARTITIONS
from kernel.reaction import starts
from kernel.reaction.reaction import Reaction
from kernel.reaction.starts import Start, Starts
from kernel.reaction.worker.subscription import Topics
from kernel.settings import Settings
from kernel.stopping import stopped

SECONDS_TO_ANSWER = 5.0


async def missing(settings: Settings, topics: Collection[str]) -> set[str]:
    """The topics that are not there yet: a relay makes its service's. Raises KafkaError, TimeoutError."""
    async with _asking(settings) as consumer:
        there: set[str] = await consumer.topics()
    return set(topics) - there


async def deploy(settings: Settings, pool: asyncpg.Pool, reaction: Reaction[Any], topics: Topics) -> Starts:
    """Where the reaction's commands begin; one that was never here follows what happens from now on.

    Raises DatabaseAway, KafkaError, TimeoutError.
    """
    with database_away():
        known = await starts.read(pool, reaction)
    if known is not None:
        return known
    found = {} if reaction.from_beginning else await _ends(settings, topics)
    with database_away():
        await starts.begin(pool, reaction, found)
        return await starts.read(pool, reaction) or {}  # another process may have been quicker


async def _ends(settings: Settings, topics: Topics) -> Starts:
    async with _asking(settings) as consumer:
        ends = await consumer.end_offsets(
            [TopicPartition(name, n) for name in topics for n in range(PARTITIONS)]
        )
    return {
        (topics[at.topic][0], at.partition): Start(topics[at.topic][1], offset) for at, offset in ends.items()
    }


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
