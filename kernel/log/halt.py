"""Whether a service's log must not grow, because its topic holds what its store does not."""

from __future__ import annotations

import asyncpg

from kernel.database import database_away


async def halted(pool: asyncpg.Pool) -> str | None:
    """Why commands are stopped, or None; one look-up by key in the schema of the pool."""
    with database_away():
        reason: str | None = await pool.fetchval("SELECT reason FROM halt WHERE only_one")
    return reason


# Whoever begins the next generation moves the mark first: what was found of the former one stops nothing.
HALT = """
INSERT INTO halt (reason)
SELECT $1 FROM (SELECT FROM mark WHERE partition = 0 AND generation = $2 FOR SHARE) still
ON CONFLICT DO NOTHING
"""


async def halt(pool: asyncpg.Pool, reason: str, generation: int) -> None:
    """Stops commands until the topic of this generation is written anew; the first reason stays."""
    with database_away():
        await pool.execute(HALT, reason, generation)
