"""What the relay's own failures leave on the topic: repeats at most, never a gap, a swap or a stranger."""

import asyncio
import signal
from functools import partial

import psutil
import pytest

from kernel.log.store import Store
from kernel.settings import Settings
from ops.local import ports
from tests.conftest import Processes
from tests.connecting import connected
from tests.kernel.log.relaying import append, buried, ended, opened, published
from tests.kernel.log.topic_records import repeats_of_whole_topic
from tests.waiting import until

# Whoever moves a mark is written down with its client port, which tells the process.
WITNESS = """
CREATE TABLE moved (port int, partition smallint, position bigint, at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO contacts.moved VALUES (inet_client_port(), new.partition, new.position);
    RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER UPDATE ON mark FOR EACH ROW EXECUTE FUNCTION witness();
GRANT SELECT ON moved TO contacts_log;
"""


async def test_a_relay_killed_between_sending_and_marking_leaves_equal_repeats(
    settings: Settings, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(settings) as store:
        for _ in range(3):
            await append(store, 200)
            with monkeypatch.context() as armed:
                armed.setenv("RAPPORT_FAILPOINT", "relay.sent")
                dying = processes.start("relay", "contacts", settings=settings)
            assert await ended(dying) == 137
            await buried(settings, dying)
        await append(store, 200)
    processes.start("relay", "contacts", settings=settings)
    await until(lambda: published(settings))
    assert await repeats_of_whole_topic(settings) >= 200


async def test_relays_killed_in_full_flight_lose_and_swap_nothing(
    settings: Settings, processes: Processes
) -> None:
    async with opened(settings) as store, asyncio.TaskGroup() as tasks:
        appending = tasks.create_task(_append_without_end(store))
        for _ in range(3):
            before = await _marked(settings)
            relay = processes.start("relay", "contacts", settings=settings)
            await until(partial(_marked_beyond, settings, before))
            relay.kill()
            await buried(settings, relay)
        appending.cancel()
    processes.start("relay", "contacts", settings=settings)
    await until(lambda: published(settings))
    await repeats_of_whole_topic(settings)


async def _append_without_end(store: Store) -> None:
    while True:
        await append(store, 20)
        await asyncio.sleep(0.01)


async def _marked(settings: Settings) -> int:
    async with connected(settings) as connection:
        return int(await connection.fetchval("SELECT sum(position) FROM mark"))


async def _marked_beyond(settings: Settings, before: int) -> bool:
    return await _marked(settings) > before


async def test_a_relay_that_was_stopped_never_moves_a_mark_again(
    settings: Settings, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(settings, "contacts_owner") as owner:
        await owner.execute(WITNESS)
    second_settings = settings.model_copy(update={"port": ports.automatic()})
    async with opened(settings) as store:
        await append(store, 200)
        with monkeypatch.context() as armed:
            armed.setenv("RAPPORT_FAILPOINT", "relay.sent:stop")
            first = processes.start("relay", "contacts", settings=settings)
        await until(lambda: _is_stopped(first.pid))
        processes.start("relay", "contacts", settings=second_settings)
        await until(lambda: published(settings))
        await append(store, 200)
        await until(lambda: published(settings))
        first_ports = _local_ports(first.pid)
        first.send_signal(signal.SIGCONT)
        for _ in range(20):
            await append(store, 20)
            await until(lambda: published(settings))
        first_ports |= _local_ports(first.pid)
    async with connected(settings, "contacts_owner") as owner:
        movers = {row["port"] for row in await owner.fetch("SELECT DISTINCT port FROM moved")}
        assert await owner.fetchval("SELECT epoch FROM lease WHERE name = 'relay'") == 2
    assert movers
    assert not movers & first_ports
    assert await repeats_of_whole_topic(settings) > 0


def _local_ports(pid: int) -> set[int]:
    return {connection.laddr.port for connection in psutil.Process(pid).net_connections("tcp")}


async def _is_stopped(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED
