"""A service's schema as a backup holds it, and put back while everything runs."""

from __future__ import annotations

import asyncpg

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'contacts'::regnamespace"


async def back_up(administrator: asyncpg.Connection) -> None:
    """Keeps every row of contacts as it is now."""
    await administrator.execute("CREATE SCHEMA backup")
    for (table,) in await administrator.fetch(TABLES):
        await administrator.execute(f"CREATE TABLE backup.{table} AS TABLE contacts.{table}")


async def restore(administrator: asyncpg.Connection) -> None:
    """Puts every row back as it was then; what came since is gone."""
    async with administrator.transaction():
        for (table,) in await administrator.fetch(TABLES):
            await administrator.execute(f"TRUNCATE contacts.{table}")
            await administrator.execute(
                f"INSERT INTO contacts.{table} OVERRIDING SYSTEM VALUE TABLE backup.{table}"
            )
