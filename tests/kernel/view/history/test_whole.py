"""A time is asked about once the views are known to be whole until then; else nothing is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import msgspec
import pytest

from kernel.database import connect_pool
from kernel.log.horizon import Horizon
from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking.checkpoints import Head
from kernel.view.history import whole
from kernel.view.history.horizons import remember
from kernel.view.history.whole import LONGEST_AHEAD, is_whole, require_whole, until_whole
from kernel.web.problems import Problem
from tests.parcels.views import PARCEL

POSITIONS = (0, 5, *(0 for _ in range(PARTITIONS - 2)))
"""One partition has five events, the others none."""


@pytest.fixture
async def readers(database: Settings, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Pool]:
    """As queries read; `pool` is the worker's."""
    readers = await connect_pool(database, "projections_app", max_size=1)
    yield readers
    await readers.close()


async def clock(pool: asyncpg.Pool) -> datetime:
    now: datetime = await pool.fetchval("SELECT clock_timestamp()")
    return now


async def tell(
    pool: asyncpg.Pool, until: datetime, generation: int = 1, positions: tuple[int, ...] = POSITIONS
) -> None:
    await remember(pool, Horizon("parcels", generation, until, positions))


async def take(pool: asyncpg.Pool, head: Head, partition: int = 1) -> None:
    await pool.execute(
        "UPDATE checkpoint SET topics = $1 WHERE taker = $2 AND partition = $3",
        {"parcels": msgspec.to_builtins(head)},
        PARCEL.table_name,
        partition,
    )


async def test_only_a_view_that_has_come_to_a_horizon_is_whole_until_then(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    now = await clock(pool)
    assert not await is_whole(readers, [PARCEL], now - timedelta(days=999))
    await tell(pool, now)
    await take(pool, Head(1, 4, 3))
    assert not await is_whole(readers, [PARCEL], now)
    with pytest.raises(Problem) as behind:
        await require_whole(readers, [PARCEL], now)
    assert (behind.value.code, behind.value.status) == ("view-behind", 503)
    assert dict(behind.value.headers)[b"retry-after"]
    await take(pool, Head(1, 5, 4))
    await require_whole(readers, [PARCEL], now)
    assert not await is_whole(readers, [PARCEL], now + timedelta(microseconds=1))


async def test_a_view_that_is_behind_is_whole_until_the_last_event_that_it_has_taken(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    now = await clock(pool)
    await tell(pool, now)
    await take(pool, Head(1, 4, 3, recorded=now - timedelta(minutes=1)))
    assert not await is_whole(readers, [PARCEL], now - timedelta(minutes=1))  # another may have come with it
    assert await is_whole(readers, [PARCEL], now - timedelta(minutes=1, microseconds=1))


async def test_an_earlier_horizon_takes_the_place_of_none(pool: asyncpg.Pool, readers: asyncpg.Pool) -> None:
    now = await clock(pool)
    await take(pool, Head(1, 5, 4))
    await tell(pool, now)
    await tell(pool, now - timedelta(seconds=5), positions=(9,) * PARTITIONS)
    assert await is_whole(readers, [PARCEL], now)


async def test_what_a_view_has_taken_of_a_former_generation_is_not_measured_by_the_next_ones_horizon(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    now = await clock(pool)
    await tell(pool, now, generation=1)
    await tell(pool, now + timedelta(seconds=1), generation=2)
    for partition in range(PARTITIONS):
        await take(pool, Head(1, 7, 6), partition)  # of which a restored store knows nothing
    assert await is_whole(readers, [PARCEL], now)
    assert not await is_whole(readers, [PARCEL], now + timedelta(seconds=1))
    for partition in range(PARTITIONS):
        await take(pool, Head(2, 5, 4), partition)
    assert await is_whole(readers, [PARCEL], now + timedelta(seconds=1))


async def test_what_is_not_whole_yet_is_waited_for(pool: asyncpg.Pool, readers: asyncpg.Pool) -> None:
    now = await clock(pool)
    await take(pool, Head(1, 5, 4))
    asking = asyncio.create_task(until_whole(readers, [PARCEL], now, "/as_of"))
    done, _ = await asyncio.wait({asking}, timeout=2 * whole.PAUSE)
    assert not done
    await tell(pool, now)
    await asking


async def test_what_does_not_come_in_time_is_not_answered(
    pool: asyncpg.Pool, readers: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "LONGEST_WAIT", 0.1)
    now = await clock(pool)
    await tell(pool, now)
    with pytest.raises(Problem) as behind:
        await until_whole(readers, [PARCEL], now - timedelta(days=1), "/as_of")
    assert behind.value.status == 503


async def test_a_time_to_come_is_refused(readers: asyncpg.Pool) -> None:
    ahead = await clock(readers) + timedelta(seconds=LONGEST_AHEAD + 5)
    with pytest.raises(Problem) as refused:
        await until_whole(readers, [PARCEL], ahead, "/as_of")
    assert (refused.value.status, refused.value.pointer) == (422, "/as_of")
