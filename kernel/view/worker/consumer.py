"""The Kafka consumer of a worker, with the options that folding in order needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from kernel.settings import Settings
from kernel.stopping import stopped

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
        await stopped(consumer.stop())
