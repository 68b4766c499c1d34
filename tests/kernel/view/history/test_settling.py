"""A time is asked about once what was recorded until then has come to the views."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import pytest

from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.view.history.settling import LONGEST_AHEAD, SECONDS_TO_SETTLE, until_settled
from kernel.web.problems import Problem


@pytest.fixture
async def pool(database: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect_pool(database, "projections_app", max_size=1)
    yield pool
    await pool.close()


async def clock(pool: asyncpg.Pool) -> datetime:
    now: datetime = await pool.fetchval("SELECT clock_timestamp()")
    return now


@pytest.mark.parametrize("ahead", [-SECONDS_TO_SETTLE / 2, 0.0, LONGEST_AHEAD / 4])
async def test_a_time_of_just_now_is_waited_for(pool: asyncpg.Pool, ahead: float) -> None:
    moment = await clock(pool) + timedelta(seconds=ahead)
    await until_settled(pool, moment, "/as_of")
    assert await clock(pool) - moment >= timedelta(seconds=SECONDS_TO_SETTLE)


async def test_a_time_long_ago_is_not_waited_for(pool: asyncpg.Pool) -> None:
    began = await clock(pool)
    await until_settled(pool, began - timedelta(days=1), "/as_of")
    assert await clock(pool) - began < timedelta(seconds=SECONDS_TO_SETTLE)


async def test_a_time_to_come_is_refused(pool: asyncpg.Pool) -> None:
    with pytest.raises(Problem) as refused:
        await until_settled(pool, await clock(pool) + timedelta(seconds=LONGEST_AHEAD + 5), "/as_of")
    assert (refused.value.status, refused.value.pointer) == (422, "/as_of")
