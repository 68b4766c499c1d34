"""A relay whose topic holds what its store does not stops the service's commands, and sends nothing."""

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from kernel.log.halt import halted
from kernel.log.topics import ensure_topic, topic
from kernel.settings import Settings
from tests.conftest import Processes
from tests.connecting import connected
from tests.kernel.log.relaying import append, begun, ended, opened, published, readiness, stored
from tests.kernel.log.topic_records import told
from tests.waiting import until

# As a backup from before the last two events: it knows nothing of their rows, counters and marks.
RESTORE = """
ALTER TABLE event NO FORCE ROW LEVEL SECURITY;
DELETE FROM event WHERE position > 3;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
UPDATE counter SET last = least(last, 3);
UPDATE mark SET topic_offset = least(topic_offset, 2), position = least(position, 3);
"""


@pytest.fixture
async def published_log(settings: Settings, processes: Processes) -> Settings:
    """A service with five events on one partition, published, whose relay has ended."""
    relay = processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 1, events=5)
    await until(lambda: published(settings))
    relay.terminate()
    await ended(relay)
    return settings


async def halts(settings: Settings, processes: Processes, reason: str) -> None:
    """Starts a relay and holds that it halts the service for this reason and leaves the topic as it is."""
    before = await told(settings)
    processes.start("relay", "contacts", settings=settings)

    async def has_halted() -> bool:
        async with connected(settings) as connection:
            found = await halted(connection)
        status, body = await readiness(settings)
        return found is not None and reason in found and status == 503 and body["failing"] == {"log": found}

    await until(has_halted)
    assert await told(settings) == before


async def test_a_restored_store_halts(published_log: Settings, processes: Processes) -> None:
    async with connected(published_log, "contacts_owner") as owner:
        await owner.execute(RESTORE)
    await halts(published_log, processes, "holds position 4, which the store lacks")


async def test_a_restored_store_that_went_on_alone_halts(
    published_log: Settings, processes: Processes
) -> None:
    async with connected(published_log, "contacts_owner") as owner:
        await owner.execute(RESTORE)
        await owner.execute("DELETE FROM stream")
    (partition,) = {partition for partition, _ in await stored(published_log)}
    async with opened(published_log) as store:
        await store.append(begun(3, partition=partition))
    await halts(published_log, processes, "holds another event at position 4 than the store")


async def test_a_new_store_before_an_old_topic_halts(published_log: Settings, processes: Processes) -> None:
    async with connected(published_log, "contacts_owner") as owner:
        await owner.execute("ALTER TABLE event NO FORCE ROW LEVEL SECURITY")
        await owner.execute("DELETE FROM event; DELETE FROM stream")
        await owner.execute("UPDATE counter SET last = 0; UPDATE mark SET position = 0, topic_offset = -1")
    await halts(published_log, processes, "holds position 1, which the store lacks")


async def test_a_lost_topic_halts(published_log: Settings, processes: Processes) -> None:
    name = topic(published_log, "contacts", 1)
    administrator = AIOKafkaAdminClient(bootstrap_servers=published_log.kafka)
    await administrator.start()
    await administrator.delete_topics([name])
    await administrator.close()
    await until(lambda: _is_made_anew(published_log, name))
    await halts(published_log, processes, "but position 5 was published at offset 4")


async def _is_made_anew(settings: Settings, name: str) -> bool:
    await ensure_topic(settings, name)
    return await told(settings) == []


async def no_event(settings: Settings) -> None:
    """A stranger puts something behind the five events."""
    (partition,) = {partition for partition, _ in await stored(settings)}
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka)
    await producer.start()
    await producer.send_and_wait(topic(settings, "contacts", 1), b"no event", partition=partition)
    await producer.stop()


async def test_a_strangers_record_that_is_no_event_is_no_reason_to_halt(
    published_log: Settings, processes: Processes
) -> None:
    await no_event(published_log)
    processes.start("relay", "contacts", settings=published_log)
    async with opened(published_log) as store:
        await append(store, 2, events=2)
    await until(lambda: published(published_log))
    async with connected(published_log) as connection:
        assert await halted(connection) is None


async def test_what_stands_where_the_mark_is_has_to_be_the_marked_event(
    published_log: Settings, processes: Processes
) -> None:
    await no_event(published_log)
    async with connected(published_log) as connection:
        await connection.execute("UPDATE mark SET topic_offset = 5 WHERE position = 5")
    processes.start("relay", "contacts", settings=published_log)

    async def has_halted() -> bool:
        async with connected(published_log) as connection:
            return "offset 5 holds no event" in (await halted(connection) or "")

    await until(has_halted)


async def test_a_topic_ahead_of_its_mark_only_is_no_reason_to_halt(
    published_log: Settings, processes: Processes
) -> None:
    async with connected(published_log) as connection:
        await connection.execute("UPDATE mark SET position = 2, topic_offset = 1 WHERE position = 5")
    processes.start("relay", "contacts", settings=published_log)
    await until(lambda: published(published_log))
    assert [each.position for each in await told(published_log)] == [1, 2, 3, 4, 5, 3, 4, 5]


async def test_publishing_goes_on_when_the_halt_is_lifted(
    published_log: Settings, processes: Processes
) -> None:
    async with connected(published_log) as connection:
        await connection.execute("INSERT INTO halt (reason) VALUES ('planted')")
    processes.start("relay", "contacts", settings=published_log)

    async def is_not_ready() -> bool:
        return (await readiness(published_log))[0] == 503

    await until(is_not_ready)
    async with opened(published_log) as store:
        await append(store, 1)
    assert not await published(published_log)
    async with connected(published_log) as connection:
        await connection.execute("DELETE FROM halt")
    await until(lambda: published(published_log))
