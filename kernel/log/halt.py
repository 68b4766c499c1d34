"""Whether a service's log must not grow, because its topic holds what its store does not."""

from __future__ import annotations

import asyncpg

from kernel.database import database_away


async def halted(pool: asyncpg.Pool) -> str | None:
    """Why commands are stopped, or None; one look-up by key in the schema of the pool."""
    with database_away():
        reason: str | None = await pool.fetchval("SELECT reason FROM halt WHERE only_one")
    return reason


async def halt(pool: asyncpg.Pool, reason: str) -> None:
    """Stops commands until the topic is written anew; the first reason stays."""
    with database_away():
        await pool.execute("INSERT INTO halt (reason) VALUES ($1) ON CONFLICT DO NOTHING", reason)
