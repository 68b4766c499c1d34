"""What a reaction needs to find before it starts: its topics, and where its commands begin."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from kernel.database import database_away
from kernel.log.partitions import PARTITIONS
from kernel.reaction import positions
from kernel.reaction.positions import Start
from kernel.reaction.reaction import Reaction
from kernel.reaction.subscription import Topics
from kernel.settings import Settings
from kernel.view.checkpoints import Place

SECONDS_TO_ANSWER = 5.0


async def missing(settings: Settings, topics: Collection[str]) -> set[str]:
    """The topics that are not there yet: a relay makes its service's. Raises KafkaError, TimeoutError."""
    async with asyncio.timeout(SECONDS_TO_ANSWER):
        consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka)
        try:
            await consumer.start()
            there: set[str] = await consumer.topics()
        finally:
            await consumer.stop()
    return set(topics) - there


async def deploy(settings: Settings, pool: asyncpg.Pool, reaction: Reaction[Any], topics: Topics) -> None:
    """Begins the reaction's positions if it was never here: its commands follow what happens from now on.

    Raises DatabaseAway, KafkaError, TimeoutError.
    """
    with database_away():
        if await positions.begun(pool, reaction):
            return
    found = {} if reaction.from_beginning else await _ends(settings, topics)
    with database_away():
        await positions.begin(pool, reaction, found)


async def _ends(settings: Settings, topics: Topics) -> dict[Place, Start]:
    async with asyncio.timeout(SECONDS_TO_ANSWER):
        consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka)
        try:
            await consumer.start()
            ends = await consumer.end_offsets(
                [TopicPartition(name, n) for name in topics for n in range(PARTITIONS)]
            )
        finally:
            await consumer.stop()
    return {
        (topics[at.topic][0], at.partition): Start(topics[at.topic][1], offset) for at, offset in ends.items()
    }
