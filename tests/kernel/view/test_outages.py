"""Kafka and the database may go away and come back: the views catch up by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import asyncpg
import msgspec
import pytest
from aiokafka.errors import KafkaConnectionError

from kernel.settings import Settings
from kernel.view.worker.progress import Progress
from tests.kernel.log.broker import Broker
from tests.kernel.view.conftest import assert_each_view_is_its_fold, caught_up, working
from tests.parcels.log import publish
from tests.parcels.posting import some_parcels
from tests.parcels.views import VIEWS
from tests.waiting import until


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

            async def well() -> bool:  # what relays tell is heard by a consumer of its own
                return not (await worker.progress.readiness()).degraded

            await until(well)
    finally:
        broker.kill()
    await assert_each_view_is_its_fold(pool, log)


async def test_while_kafka_is_away_each_try_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(VIEWS)
    for _ in range(3):
        progress.failed("kafka", KafkaConnectionError())
    said = [(line.levelname, line.message, bool(line.exc_info)) for line in caplog.records]
    assert said == [("WARNING", "kafka away", first) for first in (True, False, False)]


@asynccontextmanager
async def cut_off(postgres: str, settings: Settings) -> AsyncIterator[None]:
    """The database lets nobody in, and throws out who is there."""
    name = settings.dsn["projections_log"].rsplit("/", 1)[1]
    administrator = await asyncpg.connect(postgres)
    await administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await administrator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
    )
    try:
        yield
    finally:
        await administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await administrator.close()


async def test_a_worker_waits_for_the_database_and_loses_nothing(
    settings: Settings, pool: asyncpg.Pool, postgres: str
) -> None:
    log = some_parcels(1_000)
    half = len(log.facts) // 2
    async with working(settings, pool) as worker:
        await publish(settings, log.facts[:half])
        await caught_up(pool, log.facts[:half])
        async with cut_off(postgres, settings):
            await publish(settings, log.facts[half:])

            async def noticed() -> bool:
                return "database" in (await worker.progress.readiness()).degraded

            await until(noticed)
        await caught_up(pool, log.facts)
        assert (await worker.progress.readiness()).degraded == {}
    await assert_each_view_is_its_fold(pool, log)


async def test_a_view_that_was_set_back_with_its_checkpoint_is_caught_up(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    """As a crash of the database may do: the worker's commits do not wait for the disk."""
    log = some_parcels(300)
    half, most = len(log.facts) // 2, len(log.facts) - 50
    tables = ["checkpoint", "parcel__v1_term", *(view.table_name for view in VIEWS)]
    async with working(settings, pool) as worker:
        await publish(settings, log.facts[:half])
        await caught_up(pool, log.facts[:half])
        before = {table: BytesIO() for table in tables}
        for table, kept in before.items():
            await pool.copy_from_query(f"SELECT * FROM {table}", output=kept)
        await publish(settings, log.facts[half:most])
        await caught_up(pool, log.facts[:most])
        async with pool.acquire() as db, db.transaction():
            await db.execute("SELECT FROM checkpoint FOR UPDATE")
            for table, kept in before.items():
                await put_back(db, table, kept)
        await publish(settings, log.facts[most:])
        await caught_up(pool, log.facts)
        assert "gap" not in (await worker.progress.readiness()).degraded
    await assert_each_view_is_its_fold(pool, log)


async def put_back(db: asyncpg.Connection, table: str, kept: BytesIO) -> None:
    kept.seek(0)
    if table != "checkpoint":
        await db.execute(f"DELETE FROM {table}")
        await db.copy_to_table(table, source=kept)
        return
    for line in kept.read().decode().splitlines():
        taker, partition, topics, _ = line.split("\t")
        await db.execute(
            "UPDATE checkpoint SET topics = $3 WHERE taker = $1 AND partition = $2",
            taker,
            int(partition),
            msgspec.json.decode(topics),
        )


async def test_views_set_back_by_an_older_database_catch_up_though_nothing_new_happens(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    log = some_parcels(50)
    half = len(log.facts) // 2
    tables = ["checkpoint", *(view.table_name for view in VIEWS), "parcel__v1_term"]
    await publish(settings, log.facts[:half])
    async with working(settings, pool):
        await caught_up(pool, log.facts[:half])
        async with pool.acquire() as db:
            for table in tables:
                await db.execute(f"CREATE TEMP TABLE before_{table} AS TABLE {table}")
            await publish(settings, log.facts[half:])
            await caught_up(pool, log.facts)
            async with db.transaction():
                topics = "UPDATE checkpoint c SET topics = b.topics FROM before_checkpoint b"
                await db.execute(f"{topics} WHERE (b.taker, b.partition) = (c.taker, c.partition)")
                for table in tables[1:]:
                    await db.execute(f"DELETE FROM {table}")
                    await db.execute(f"INSERT INTO {table} TABLE before_{table}")
        await caught_up(pool, log.facts)
    await assert_each_view_is_its_fold(pool, log)
