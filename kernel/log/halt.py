"""Whether a service's log must not grow, because its topic holds what its store does not."""

from __future__ import annotations

import asyncpg

Connection = asyncpg.Connection | asyncpg.Pool | asyncpg.pool.PoolConnectionProxy


async def halted(connection: Connection) -> str | None:
    """Why commands are stopped, or None: one index look-up in the service's schema."""
    reason: str | None = await connection.fetchval("SELECT reason FROM halt WHERE only_one")
    return reason


async def halt(connection: Connection, reason: str) -> None:
    """Stops commands until the topic is written anew; the first reason stays."""
    await connection.execute("INSERT INTO halt (reason) VALUES ($1) ON CONFLICT DO NOTHING", reason)
