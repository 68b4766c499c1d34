"""When a time lies far enough back that what was recorded until then has come to the views."""

from __future__ import annotations

import asyncio
from datetime import datetime

import asyncpg

from kernel.database import database_away
from kernel.web.problems import Problem

SECONDS_TO_SETTLE = 1.0
"""An event is in the views milliseconds after it was recorded; this is some thirty times as long."""
LONGEST_AHEAD = 1.0
"""Seconds by which a caller's clock may be ahead of ours."""


async def until_settled(pool: asyncpg.Pool, moment: datetime, pointer: str) -> None:
    """Waits until the moment lies a second back, by the database's clock; 422 where it is yet to come.

    What a slower relay or worker has not brought by then is asked for by its Rapport-Position.
    """
    with database_away():
        age = await pool.fetchval(
            "SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8", moment
        )
    if age < -LONGEST_AHEAD:
        raise Problem(
            "invalid", "Nobody knows yet what will have been: name a time that is past.", pointer=pointer
        )
    if age < SECONDS_TO_SETTLE:
        await asyncio.sleep(SECONDS_TO_SETTLE - age)
