"""Kafka may go away and come back: the views catch up by themselves."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from kernel.settings import Settings
from kernel.view.folding import fold_all
from tests.kernel.log.broker import Broker
from tests.kernel.view.conftest import caught_up, rows_of, until, working
from tests.parcels.log import publish
from tests.parcels.posting import some_parcels
from tests.parcels.views import VIEWS


async def test_the_views_catch_up_after_kafka_was_killed(
    database: Settings, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    broker = Broker(tmp_path)
    settings = database.model_copy(update={"kafka": broker.bootstrap})
    log = some_parcels(100)
    half = len(log.facts) // 2
    try:
        await broker.start()
        await publish(settings, log.facts[:half])
        async with working(settings, pool) as worker:
            await caught_up(pool, log.facts[:half])
            broker.kill()

            async def noticed() -> bool:
                return "kafka" in (await worker.progress.readiness()).degraded

            await until(noticed)
            assert (await worker.progress.readiness()).ready
            await broker.start()
            await publish(settings, log.facts[half:])
            await caught_up(pool, log.facts)
            assert (await worker.progress.readiness()).degraded == {}
    finally:
        broker.kill()
    for view in VIEWS:
        assert await rows_of(pool, view) == fold_all(view, log.facts)
