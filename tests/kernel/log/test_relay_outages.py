"""While Kafka or PostgreSQL is away the relay waits, and when it is back the relay catches up by itself."""

import asyncpg

from kernel.settings import Settings
from tests.conftest import Processes
from tests.kernel.log.broker import Broker
from tests.kernel.log.relaying import append, opened, published, readiness
from tests.kernel.log.topic_records import repeats_of_whole_topic
from tests.waiting import until


async def degraded(settings: Settings) -> bool:
    """Commands go on, so the relay stays ready; that nothing is published it says."""
    status, body = await readiness(settings)
    return status == 200 and bool(body["degraded"])


async def test_a_killed_broker_delays_the_log_and_loses_nothing(
    breakable: Settings, broker: Broker, processes: Processes
) -> None:
    relay = processes.start("relay", "contacts", settings=breakable)
    async with opened(breakable) as store:
        await append(store, 100)
        await until(lambda: published(breakable))
        await append(store, 500)
        broker.kill()
        await append(store, 500)
        await until(lambda: degraded(breakable))
        await broker.start()
        await until(lambda: published(breakable))
    await repeats_of_whole_topic(breakable)
    assert relay.poll() is None


async def test_a_broker_that_answers_late_is_waited_for(
    breakable: Settings, broker: Broker, processes: Processes
) -> None:
    processes.start("relay", "contacts", settings=breakable)
    async with opened(breakable) as store:
        await append(store, 100)
        await until(lambda: published(breakable))
        broker.stop_answering()
        await append(store, 100)
        await until(lambda: degraded(breakable))
        broker.go_on()
        await until(lambda: published(breakable))
    await repeats_of_whole_topic(breakable)


async def test_a_relay_started_before_its_broker_begins_when_it_comes(
    breakable: Settings, broker: Broker, processes: Processes
) -> None:
    broker.kill()
    processes.start("relay", "contacts", settings=breakable)
    async with opened(breakable) as store:
        await append(store, 100)
    await until(lambda: degraded(breakable))
    await broker.start()
    await until(lambda: published(breakable))
    assert await repeats_of_whole_topic(breakable) == 0


async def test_a_database_away_makes_the_relay_wait(
    settings: Settings, processes: Processes, postgres: str
) -> None:
    name = settings.dsn["contacts_log"].rpartition("/")[2]
    relay = processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 100)
        await until(lambda: published(settings))
    administrator = await asyncpg.connect(postgres)
    await administrator.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    await administrator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
    )

    async def is_not_ready() -> bool:
        status, body = await readiness(settings)
        return status == 503 and "database" in body["failing"]

    await until(is_not_ready)
    await administrator.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    await administrator.close()
    async with opened(settings) as store:
        await append(store, 100)
    await until(lambda: published(settings))
    await repeats_of_whole_topic(settings)
    assert relay.poll() is None
