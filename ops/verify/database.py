"""The oracle's own connection to a schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from kernel.database import DatabaseAway, connect_pool, database_away
from kernel.migrate import require_schema
from kernel.settings import Settings
from ops.errors import CannotRun
from ops.settings import away


@asynccontextmanager
async def connected(settings: Settings, role: str) -> AsyncIterator[asyncpg.Pool]:
    """One connection as `role`, for statements that read whole tables and take their time."""
    if role not in settings.dsn:
        raise CannotRun(f"there is no address of {role}: bring the stack up, or check RAPPORT_HOME.")
    try:
        pool = await connect_pool(settings, role, max_size=1, command_timeout=None)
    except DatabaseAway as error:
        raise away(error) from error
    try:
        await require_schema(pool, role.rsplit("_", 1)[0])
        with database_away():
            await pool.execute("SET enable_seqscan = on; SET work_mem = '64MB'")
            yield pool
    finally:
        await pool.close()
