"""Takers are led to another topic at their next event; who took what the log does not hold is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

import asyncpg
import msgspec
import pytest

from kernel.database import connect_pool
from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking import generations
from kernel.taking.checkpoints import Checkpoint, Head, checkpoint_of
from kernel.taking.generations import Generation
from kernel.taking.moving import Lost, Taken, move
from tests.parcels.log import Log
from tests.parcels.posting import some_parcels

SECOND = Generation(2, [9] * PARTITIONS)


@pytest.fixture
async def pool(database: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect_pool(database, "contacts_log", max_size=2)
    yield pool
    await pool.close()


@pytest.fixture
def log() -> Log:
    return some_parcels(20)


def head_of(log: Log, partition: int, position: int, offset: int) -> Head:
    last = next(f.envelope for f in log.facts if (f.partition, f.position) == (partition, position))
    return Head(1, position, offset, last.event_id, last.recorded_at)


async def put(pool: asyncpg.Pool, taker: str, *checkpoints: Checkpoint) -> None:
    for one in checkpoints:
        topics = {name: msgspec.to_builtins(head) for name, head in one.heads.items()}
        await pool.execute(
            "INSERT INTO checkpoint (taker, partition, topics) VALUES ($1, $2, $3)",
            taker,
            one.partition,
            topics,
        )


async def led(pool: asyncpg.Pool, log: Log, to: Generation = SECOND) -> Lost:
    there = {(f.partition, f.position): f.envelope.event_id for f in log.facts}

    async def holds(taken: Collection[Taken]) -> set[Taken]:
        return {
            one
            for one in taken
            if (one.partition, one.position) in there and one.event in (None, there[one[:2]])
        }

    async with pool.acquire() as db, db.transaction():
        return await move(db, "parcels", to, ["late"], holds)


async def heads(pool: asyncpg.Pool, taker: str) -> dict[int, dict[str, Head]]:
    rows = await pool.fetch("SELECT * FROM checkpoint WHERE taker = $1", taker)
    return {row["partition"]: checkpoint_of(row).heads for row in rows}


async def test_everyone_goes_on_at_the_next_event_behind_as_few_records_as_there_can_be(
    pool: asyncpg.Pool, log: Log
) -> None:
    first = head_of(log, 0, 3, offset=11)
    await put(pool, "early", Checkpoint(0, {"parcels": first, "letters": Head(1, 7, 7)}))
    await put(pool, "late", Checkpoint(0))
    await put(pool, "other", Checkpoint(0, {"letters": Head(1, 7, 7)}))
    assert await led(pool, log) == {}
    assert (await heads(pool, "early"))[0] == {
        "parcels": Head(2, 3, 2, first.event, first.recorded),
        "letters": Head(1, 7, 7),
    }
    assert (await heads(pool, "late"))[0] == {"parcels": Head(2)}
    assert (await heads(pool, "other"))[0] == {"letters": Head(1, 7, 7)}
    assert await generations.read(pool) == {"parcels": SECOND}


async def test_who_took_another_event_than_the_log_holds_is_lost_and_stays_where_it_was(
    pool: asyncpg.Pool, log: Log
) -> None:
    right, wrong = head_of(log, 0, 3, offset=2), head_of(log, 1, 2, offset=1)
    moved_on = Head(1, 3, 2, wrong.event)
    await put(pool, "lost", Checkpoint(0, {"parcels": right}), Checkpoint(1, {"parcels": moved_on}))
    await put(pool, "far", Checkpoint(0, {"parcels": Head(1, 10_000, 9_999)}))
    assert set(await led(pool, log)) == {"lost", "far"}
    assert (await heads(pool, "lost"))[0] == {"parcels": right}
    assert (await heads(pool, "lost"))[1] == {"parcels": moved_on}
    assert await led(pool, log, Generation(3, SECOND.kept)) != {}
    assert (await generations.read(pool))["parcels"].number == 3
