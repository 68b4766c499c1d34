"""The relay carries every event to the topic once it is stored, in order, and remembers how far it came."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kernel.database import connect_pool
from kernel.log import envelope
from kernel.log.relay import leading
from kernel.log.relay.process import Relay
from kernel.log.relay.wake import listening
from kernel.settings import Settings
from tests.conftest import Processes
from tests.connecting import connected
from tests.kernel.log.relaying import append, ended, leads, opened, published, readiness, stored
from tests.kernel.log.topic_records import repeats_of_whole_topic, told
from tests.waiting import until


async def test_what_is_appended_arrives_in_order_and_without_gaps(
    settings: Settings, processes: Processes
) -> None:
    processes.start("relay", "contacts", settings=settings)
    await until(lambda: leads(settings))
    async with opened(settings) as store:
        for _ in range(5):
            for _ in range(5):
                await append(store, 100)
            await until(lambda: published(settings))
    assert await repeats_of_whole_topic(settings) == 0


async def test_a_backlog_larger_than_one_read_arrives_whole(settings: Settings, processes: Processes) -> None:
    async with opened(settings) as store:
        await append(store, 100, events=100)
        await append(store, 30, size=300_000)
    processes.start("relay", "contacts", settings=settings)
    await until(lambda: published(settings))
    assert await repeats_of_whole_topic(settings) == 0


async def test_a_record_is_the_stored_event_as_a_cloud_event(
    settings: Settings, processes: Processes
) -> None:
    processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 1)
    await until(lambda: published(settings))
    (record,) = await told(settings)
    async with connected(settings) as connection:
        row = await connection.fetchrow("SELECT * FROM event")
    found = envelope.read(record.value)
    assert (found.event_id, found.org_id, found.stream_id) == (
        row["event_id"],
        row["org_id"],
        row["stream_id"],
    )
    assert (found.position, found.version) == (row["position"], row["version"])
    assert found.type == "crm.contacts.ContactRegistered"
    assert found.personal == row["personal"]
    assert bytes(found.data) == row["data"]
    assert (found.occurred_at, found.recorded_at) == (row["occurred_at"], row["recorded_at"])


@asynccontextmanager
async def relaying_here(settings: Settings) -> AsyncIterator[None]:
    """The relay inside the test's own process."""
    pool = await connect_pool(settings, "contacts_log")
    async with listening(settings.port["contacts_relay"]) as wake:
        relay = Relay(settings, "contacts", pool, wake)
        working = asyncio.create_task(relay.work())
        yield
        relay.stopping.set()
        wake.datagram_received(b"", None)
        await working
    pool.terminate()


async def test_an_append_wakes_the_relay(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading, "SECONDS_BETWEEN_LOOKS", 3600)
    async with relaying_here(settings), opened(settings) as store:
        for _ in range(5):
            await append(store, 1)
            await until(lambda: published(settings))


async def test_a_lost_datagram_is_made_up_for(settings: Settings) -> None:
    unheard = settings.model_copy(update={"port": {}})
    async with relaying_here(settings), opened(unheard) as store:
        for _ in range(5):
            await append(store, 1)
            await until(lambda: published(settings))


async def test_sigterm_publishes_what_is_in_flight_and_releases_the_lease(
    settings: Settings, processes: Processes
) -> None:
    relay = processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 1)
        await until(lambda: published(settings))
        await append(store, 200)
        relay.send_signal(signal.SIGTERM)
        assert await ended(relay) == 0
    async with connected(settings) as connection:
        assert await connection.fetchval("SELECT expires_at = '-infinity' FROM lease")
        marked = dict(await connection.fetch("SELECT partition, position FROM mark"))
    seen: dict[int, int] = {}
    for each in await told(settings):
        seen[each.partition] = each.position
    assert seen == {partition: position for partition, position in marked.items() if position}


async def test_readiness_tells_who_leads_and_how_far_the_topic_is_behind(
    settings: Settings, processes: Processes
) -> None:
    processes.start("relay", "contacts", settings=settings)

    async def has_no_lag() -> bool:
        _, body = await readiness(settings)
        return body.get("lag") == {"events": 0, "seconds": 0.0}

    await until(lambda: leads(settings))
    await until(has_no_lag)


async def test_a_position_missing_from_the_store_stops_publishing(
    settings: Settings, processes: Processes, postgres: str
) -> None:
    async with opened(settings) as store:
        await append(store, 1, events=5)
    (partition,) = {partition for partition, _ in await stored(settings)}
    async with connected(settings, "contacts_owner") as owner:
        await owner.execute("ALTER TABLE event NO FORCE ROW LEVEL SECURITY")
        await owner.execute("DELETE FROM event WHERE position = 3")
    processes.start("relay", "contacts", settings=settings)

    async def says_so() -> bool:
        _, body = await readiness(settings)
        reason = body.get("degraded", {}).get("kafka")
        return bool(reason == f"The store lacks position 3 of partition {partition}.")

    await until(says_so)
    assert await told(settings) == []


async def test_a_relay_refuses_a_schema_newer_than_itself(settings: Settings, processes: Processes) -> None:
    async with connected(settings, "contacts_owner") as owner:
        await owner.execute("INSERT INTO migration (number, name, digest) VALUES (9999, 'later', '')")
    assert await ended(processes.start("relay", "contacts", settings=settings)) == 2
