"""A bare connection to a test's database, in the schema and with the rights of one role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from kernel.settings import Settings


@asynccontextmanager
async def connected(settings: Settings, role: str = "contacts_log") -> AsyncIterator[asyncpg.Connection]:
    """As `contacts_log`, or another role: its schema is the search path."""
    connection = await asyncpg.connect(
        settings.dsn[role], server_settings={"search_path": role.rsplit("_", 1)[0]}
    )
    try:
        yield connection
    finally:
        await connection.close()
