"""A log is known up to a horizon: nothing is ever recorded before it that is not at its positions already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise

from aiokafka import AIOKafkaConsumer, TopicPartition

from kernel.database import connect_pool
from kernel.log import horizon
from kernel.log.halt import halted
from kernel.log.horizon import Horizon, promise
from kernel.log.partitions import PARTITIONS
from kernel.log.store import Store
from kernel.settings import Settings
from tests.conftest import Processes
from tests.connecting import connected
from tests.kernel.log.relaying import append, begun, ended, opened, published
from tests.kernel.log.test_relay_comparison import RESTORE
from tests.waiting import until


async def recorded(settings: Settings) -> list[tuple[int, int, datetime]]:
    async with connected(settings) as db:
        return [tuple(row) for row in await db.fetch("SELECT partition, position, recorded_at FROM event")]


async def test_among_many_appends_each_promise_is_kept(database: Settings) -> None:
    pool = await connect_pool(database, "contacts_log", max_size=1)
    promises: list[Horizon] = []

    async def write(store: Store) -> None:
        for _ in range(40):
            await append(store, 3, events=2)

    async with opened(database) as store, opened(database) as other:
        writing = asyncio.gather(*(write(each) for each in (store, other) for _ in range(3)))
        while not writing.done():
            promises.append(await promise(pool, "contacts", 1))
            await asyncio.sleep(0)
        await writing
    await pool.close()
    events = await recorded(database)
    assert len(promises) > 10
    assert len({each.positions for each in promises}) > 5
    for each in promises:
        for partition, position, at in events:
            assert (at <= each.until) == (position <= each.positions[partition])


async def test_a_promise_outlives_a_clock_that_is_set_back(database: Settings) -> None:
    pool = await connect_pool(database, "contacts_log", max_size=1)
    async with connected(
        database
    ) as db:  # as if the clock had been an hour ahead when one partition was written
        await db.execute("UPDATE counter SET recorded_at = now() + '1 hour' WHERE partition = 3")
    promised = await promise(pool, "contacts", 1)
    async with opened(database) as store:
        for partition in range(PARTITIONS):  # each by itself, which locks no other's counter
            await store.append(begun(partition=partition))
    assert all(at > promised.until for _, _, at in await recorded(database))
    await pool.close()


@asynccontextmanager
async def hearing(settings: Settings, since: str = "latest") -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of what relays tell."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, auto_offset_reset=since)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(horizon.topic(settings), 0)])
        yield consumer
    finally:
        await consumer.stop()


async def test_a_relay_tells_about_once_a_second_also_while_nothing_is_written(
    settings: Settings, processes: Processes
) -> None:
    processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 20, events=3)
    await until(lambda: published(settings))
    async with hearing(settings) as consumer:
        told = [horizon.decode((await consumer.getone()).value) for _ in range(3)]
    assert all((one.service, one.generation, sum(one.positions)) == ("contacts", 1, 60) for one in told)
    for before, after in pairwise(told):
        assert timedelta(0) < after.until - before.until < timedelta(seconds=10)


async def test_of_a_store_that_lacks_what_was_published_nothing_is_told(
    settings: Settings, processes: Processes
) -> None:
    relay = processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 1, events=5)
    await until(lambda: published(settings))
    relay.terminate()
    await ended(relay)
    async with connected(settings, "contacts_owner") as owner:
        await owner.execute(RESTORE)
    processes.start("relay", "contacts", settings=settings)

    async def has_halted() -> bool:
        async with connected(settings) as db:
            return await halted(db) is not None

    await until(has_halted)
    async with hearing(settings, "earliest") as consumer:
        (place,) = consumer.assignment()
        told = (await consumer.end_offsets([place]))[place]
        found = [horizon.decode((await consumer.getone()).value) for _ in range(told)]
    assert {sum(one.positions) for one in found} <= {0, 5}
