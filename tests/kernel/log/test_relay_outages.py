"""While Kafka or PostgreSQL is away the relay waits, and when it is back the relay catches up by itself."""

import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from kernel.settings import Settings
from ops.local import jars, kafka, ports
from tests.conftest import Processes
from tests.kernel.log.relaying import append, eventually, opened, published, readiness, repeats_of_whole_topic


class Broker:
    """A Kafka of the test's own, always at the same address."""

    def __init__(self, folder: Path) -> None:
        port, controller = ports.free(2)
        self.bootstrap = f"127.0.0.1:{port}"
        self._folder = folder
        self._jars = jars.ready()
        kafka.prepare(folder, self._jars, port, controller)

    async def start(self) -> None:
        with (self._folder / "kafka.log").open("ab") as log:
            command = kafka.command(self._folder, self._jars)
            self.process = subprocess.Popen(command, stdout=log, stderr=log, process_group=0)
        await eventually(lambda: kafka.answers(self.bootstrap))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


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
    await administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)

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
