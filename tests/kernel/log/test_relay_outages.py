"""While Kafka or PostgreSQL is away the relay waits, and when it is back the relay catches up by itself."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from kernel.log.envelope import Envelope, schema_name, sequence
from kernel.log.relay import publisher
from kernel.log.relay.publisher import Publisher, Run
from kernel.log.topics import ensure_topic
from kernel.settings import Settings
from tests.conftest import Processes
from tests.kernel.log.broker import Broker
from tests.kernel.log.relaying import append, eventually, opened, published, readiness, repeats_of_whole_topic


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    broker = Broker(tmp_path / "kafka")
    await broker.start()
    yield broker
    broker.kill()


async def degraded(settings: Settings) -> bool:
    """Commands go on, so the relay stays ready; that nothing is published it says."""
    status, body = await readiness(settings)
    return status == 200 and bool(body["degraded"])


async def test_a_killed_broker_delays_the_log_and_loses_nothing(
    database: Settings, broker: Broker, processes: Processes
) -> None:
    settings = database.model_copy(update={"kafka": broker.bootstrap})
    relay = processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 100)
        await eventually(lambda: published(settings))
        await append(store, 500)
        broker.kill()
        await append(store, 500)
        await eventually(lambda: degraded(settings))
        await broker.start()
        await eventually(lambda: published(settings))
    await repeats_of_whole_topic(settings)
    assert relay.poll() is None


async def test_a_broker_that_answers_late_is_waited_for(
    database: Settings, broker: Broker, processes: Processes
) -> None:
    settings = database.model_copy(update={"kafka": broker.bootstrap})
    processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 100)
        await eventually(lambda: published(settings))
        broker.process.send_signal(signal.SIGSTOP)
        await append(store, 100)
        await eventually(lambda: degraded(settings))
        broker.process.send_signal(signal.SIGCONT)
        await eventually(lambda: published(settings))
    await repeats_of_whole_topic(settings)


async def test_a_relay_started_before_its_broker_begins_when_it_comes(
    database: Settings, tmp_path: Path, processes: Processes
) -> None:
    broker = Broker(tmp_path / "kafka")
    settings = database.model_copy(update={"kafka": broker.bootstrap})
    processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 100)
    await eventually(lambda: degraded(settings))
    await broker.start()
    try:
        await eventually(lambda: published(settings))
        assert await repeats_of_whole_topic(settings) == 0
    finally:
        broker.kill()


async def test_a_database_away_makes_the_relay_wait(
    settings: Settings, processes: Processes, postgres: str
) -> None:
    name = settings.dsn["contacts_log"].rpartition("/")[2]
    relay = processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 100)
        await eventually(lambda: published(settings))
    administrator = await asyncpg.connect(postgres)
    await administrator.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    await administrator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
    )

    async def is_not_ready() -> bool:
        status, body = await readiness(settings)
        return status == 503 and "database" in body["failing"]

    await eventually(is_not_ready)
    await administrator.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    await administrator.close()
    async with opened(settings) as store:
        await append(store, 100)
    await eventually(lambda: published(settings))
    await repeats_of_whole_topic(settings)
    assert relay.poll() is None


async def test_a_publisher_given_up_ends_soon_and_leaves_no_task(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "SECONDS_TO_ACKNOWLEDGE", 1.0)
    settings = Settings(kafka=broker.bootstrap)
    await ensure_topic(settings, "crm.contacts.g1")
    before = asyncio.all_tasks()
    sending = Publisher(settings, "crm.contacts.g1")
    await sending.open()
    assert [
        (mark.position, mark.topic_offset) for mark in await (await sending.send([_run(1, 3)])).landed()
    ] == [(3, 2)]
    broker.kill()
    flight = await sending.send([_run(4, 5)])
    with pytest.raises(publisher.NOT_PUBLISHED):
        await flight.landed()
    async with asyncio.timeout(5):
        await sending.close()

    async def nothing_is_left() -> bool:
        return asyncio.all_tasks() == before

    await eventually(nothing_is_left)


def _run(first: int, last: int) -> Run:
    return Run(0, 1, [_envelope(position) for position in range(first, last + 1)])


def _envelope(position: int) -> Envelope:
    now = datetime.now(UTC)
    return Envelope(
        event_id=uuid4(),
        source="/orgs/o/contacts",
        type="crm.contacts.ContactRegistered",
        stream_id=uuid4(),
        occurred_at=now,
        dataschema=schema_name("contacts", "ContactRegistered", 1),
        datacontenttype="application/json",
        position_text=sequence(position),
        version=1,
        partition_key=uuid4(),
        org_id=uuid4(),
        actor="tester",
        correlation_id=uuid4(),
        origin="live",
        recorded_at=now,
        data=msgspec.Raw(b"{}"),
    )
