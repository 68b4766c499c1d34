"""Ready means: commands and queries can be answered. What else is away is only told."""

import asyncio
from math import isnan
from uuid import uuid4

import asyncpg
import pytest
from prometheus_client import REGISTRY

from kernel.database import connect_pool
from kernel.web import readiness
from tests.proxy import wired

CLOSED = "127.0.0.1:9"
"""Nobody takes connections there."""


OLD_EVENT = """
INSERT INTO event (org_id, stream_id, version, partition, position, event_id, type, schema_version, data,
    partition_key, actor, correlation_id, origin, occurred_at, recorded_at)
VALUES ($1, $1, 1, 3, 1, $1, 'X', 1, '{}', $1, 'a', $1, 'live', now(), now() - interval '1 minute')"""


@pytest.fixture
async def pool(database):
    pool = await connect_pool(database, "contacts_log", max_size=1)
    yield pool
    await pool.close()


@pytest.fixture
async def owner(database):
    connection = await asyncpg.connect(
        database.dsn["contacts_owner"], server_settings={"search_path": "contacts"}
    )
    yield connection
    await connection.close()


async def asked(pool, kafka=""):
    return await readiness.deciding(pool, "contacts", kafka)()


async def test_a_service_with_all_it_needs_is_ready(pool):
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    found = await asked(pool, f"{CLOSED},{host}:{port}")
    server.close()
    assert (found.ready, found.failing, found.degraded) == (True, {}, {})
    assert found.details == {"lag": {"relay": 0}}


async def test_without_kafka_it_is_ready_and_degraded(pool):
    found = await asked(pool, CLOSED)
    assert found.ready
    assert list(found.degraded) == ["kafka"]


async def test_with_a_stopped_log_it_is_not_ready(pool, owner):
    await owner.execute("INSERT INTO halt (reason) VALUES ('the topic is ahead')")
    assert (await asked(pool)).failing == {"log": "the topic is ahead"}


async def test_with_a_newer_schema_it_is_not_ready(pool, owner):
    await owner.execute("INSERT INTO migration (number, name, digest) VALUES (99, 'later/0099_more.sql', '')")
    found = await asked(pool)
    assert "newer" in found.failing["schema"]


async def test_with_an_older_schema_it_is_not_ready(pool, owner):
    await owner.execute("DELETE FROM migration")
    assert "older" in (await asked(pool)).failing["schema"]


async def test_without_its_database_it_is_not_ready(database):
    async with wired(database) as (through, wire):
        pool = await connect_pool(through, "contacts_log", max_size=1)
        wire.cut()
        assert list((await asked(pool)).failing) == ["database"]
        wire.mend()
        assert (await asked(pool)).ready
        await pool.close()


async def test_old_unpublished_events_are_told_and_counted(pool):
    await pool.execute(OLD_EVENT, uuid4())
    await pool.execute("UPDATE counter SET last = 1 WHERE partition = 3")
    found = await asked(pool)
    assert found.ready
    assert "relay" in found.degraded
    assert found.details == {"lag": {"relay": 1}}
    assert figure("rapport_relay_lag_events") == 1
    assert 60 <= figure("rapport_relay_lag_seconds") < 90


async def test_an_empty_relay_has_no_lag_and_without_a_database_nobody_knows(database):
    async with wired(database) as (through, wire):
        pool = await connect_pool(through, "contacts_log", max_size=1)
        await asked(pool)
        assert (figure("rapport_relay_lag_events"), figure("rapport_relay_lag_seconds")) == (0, 0)
        wire.cut()
        await asked(pool)
        assert isnan(figure("rapport_relay_lag_events"))
        wire.mend()
        await pool.close()


def figure(name):
    return REGISTRY.get_sample_value(name)
