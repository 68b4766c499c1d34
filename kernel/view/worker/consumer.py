"""The Kafka consumer of a worker, with the options that folding in order needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError

from kernel.settings import Settings

SECONDS_TO_STOP = 5.0
SECONDS_TO_ANSWER = 10.0

MEBIBYTE = 1024 * 1024


@asynccontextmanager
async def consuming(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """A started member of the views' group; raises KafkaError when Kafka is away."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        group_id=f"{settings.topics}.views",
        # One member has the same partition number of every topic: its rows are that member's alone.
        partition_assignment_strategy=(RangePartitionAssignor,),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=6_000,
        heartbeat_interval_ms=1_500,
        rebalance_timeout_ms=30_000,
        request_timeout_ms=int(SECONDS_TO_ANSWER * 1000),
        fetch_max_bytes=8 * MEBIBYTE,
        max_partition_fetch_bytes=MEBIBYTE,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await _stop(consumer)


async def _stop(consumer: AIOKafkaConsumer) -> None:
    """In a task of its own: without its cluster stop() may hang for good, or raise CancelledError itself."""
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.wait({stopping}, timeout=SECONDS_TO_STOP)
    stopping.cancel()
    with suppress(asyncio.CancelledError, KafkaError, asyncio.InvalidStateError):
        stopping.result()
