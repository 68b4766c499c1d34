"""Connections to a test's database, each in the schema and with the rights of one role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from kernel.database import connect_pool
from kernel.settings import Settings


@asynccontextmanager
async def connected(settings: Settings, role: str = "contacts_log") -> AsyncIterator[asyncpg.Connection]:
    """A bare one."""
    connection = await asyncpg.connect(
        settings.dsn[role], server_settings={"search_path": role.rsplit("_", 1)[0]}
    )
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def owning(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """That of the views' owner, as the kernel makes them."""
    pool = await connect_pool(settings, "projections_owner", max_size=1)
    async with pool.acquire() as owner:
        yield owner
    await pool.close()
