"""A lease: at most one process at a time leads a task, and a former leader is known by its older epoch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg

from kernel.database import DatabaseAway, database_away

RENEW_EVERY = 1.5
"""Seconds; a lease lasts 5 by the database's clock, so that one slow renewal loses nothing."""

TAKE = """
INSERT INTO lease (name, holder, epoch, expires_at)
VALUES ($1, $2, 1, clock_timestamp() + interval '5 seconds')
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder, epoch = lease.epoch + 1, expires_at = excluded.expires_at
WHERE lease.expires_at < clock_timestamp()
RETURNING epoch
"""

RENEW = """
UPDATE lease SET expires_at = clock_timestamp() + interval '5 seconds' WHERE name = $1 AND epoch = $2
"""

RELEASE = "UPDATE lease SET expires_at = '-infinity' WHERE name = $1 AND epoch = $2"


class LeaseLost(Exception):
    """Another process leads by now; what this one still does must change nothing."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What a leader holds. It proves nothing by itself: a leader's statements compare the epoch."""

    name: str
    epoch: int


async def take(pool: asyncpg.Pool, name: str, holder: str) -> Lease | None:
    """The lease, if nobody holds it or its holder let it run out."""
    with database_away():
        epoch = await pool.fetchval(TAKE, name, holder)
    return None if epoch is None else Lease(name, epoch)


async def renew(pool: asyncpg.Pool, lease: Lease) -> None:
    """Five seconds more; raises LeaseLost if another has taken it."""
    with database_away():
        done: str = await pool.execute(RENEW, lease.name, lease.epoch)
    if done != "UPDATE 1":
        raise LeaseLost(f"another process took the lease {lease.name!r}")


async def release(pool: asyncpg.Pool, lease: Lease) -> None:
    """Lets the next one in at once; a lease that was lost stays with its holder."""
    with database_away():
        await pool.execute(RELEASE, lease.name, lease.epoch)


@asynccontextmanager
async def kept(pool: asyncpg.Pool, lease: Lease) -> AsyncIterator[None]:
    """Renews the lease while the body runs, then releases it.

    The body is cancelled when the lease or the database is lost; LeaseLost or DatabaseAway comes out in an
    exception group, as does an error of the body.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            renewing = tasks.create_task(_keep_renewing(pool, lease))
            yield
            renewing.cancel()
    finally:
        with suppress(DatabaseAway):
            await release(pool, lease)


async def _keep_renewing(pool: asyncpg.Pool, lease: Lease) -> None:
    while True:
        await asyncio.sleep(RENEW_EVERY)
        await renew(pool, lease)
