"""The servers that every other test stands on."""

import asyncpg

from kernel.settings import Settings
from ops.local.kafka import broker


async def test_every_role_reaches_the_fresh_database(database: Settings) -> None:
    for role, dsn in database.dsn.items():
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("SELECT current_user") == role
        await connection.close()


async def test_a_real_kafka_answers(kafka: str) -> None:
    assert await broker.answers(kafka)


async def test_two_tests_share_no_topic(settings: Settings, kafka: str) -> None:
    assert settings.kafka == kafka
    assert settings.topics.startswith("crm-")
