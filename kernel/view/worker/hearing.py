"""What relays tell of their logs, brought to the database of the views."""

from __future__ import annotations

import asyncio

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kernel.database import DatabaseAway, database_away
from kernel.log import horizon
from kernel.settings import Settings
from kernel.stopping import stopped
from kernel.view.history import horizons
from kernel.view.worker.progress import HORIZONS, Progress

SECONDS_OF_SILENCE = 10.0
"""Every relay tells its horizon once a second; after this the consumer is made anew."""
SECONDS_BETWEEN_TRIES = 1.0


async def hear(settings: Settings, pool: asyncpg.Pool, progress: Progress) -> None:
    """Goes on until cancelled. Every worker hears all, beside its group: whichever is faster writes it."""
    while True:
        try:
            await _hear(settings, pool, progress)
        except TimeoutError:  # the relays are away, or the consumer is stuck
            continue
        except (KafkaError, OSError, DatabaseAway, asyncpg.PostgresError) as error:
            progress.failed(HORIZONS, error)
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)


async def _hear(settings: Settings, pool: asyncpg.Pool, progress: Progress) -> None:
    """One consumer's life. What was told before is of no use: the next is told in a second."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, auto_offset_reset="latest", enable_auto_commit=False
    )
    try:
        await consumer.start()
        progress.trouble.pop(HORIZONS, None)
        name = horizon.topic(settings)
        while name not in await consumer.topics():  # noqa: ASYNC110 - in another process
            await asyncio.sleep(SECONDS_BETWEEN_TRIES / 4)
        consumer.assign([TopicPartition(name, 0)])
        while True:
            async with asyncio.timeout(SECONDS_OF_SILENCE):
                record = await consumer.getone()
            with database_away():
                await horizons.remember(pool, horizon.decode(record.value))
            progress.trouble.pop(HORIZONS, None)
    finally:
        await stopped(consumer.stop())
