"""What the database notes of who wrote which rows."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from bench.folding.meeting import watching, writers
from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.view import rows
from services.projections.customers.customer_360 import CUSTOMER_360, Customer360

ORG, ANNA, BERT = UUID(int=1), UUID(int=2), UUID(int=3)


async def test_each_partition_is_told_with_all_who_wrote_its_rows(database: Settings) -> None:
    owner = await connect_pool(database, "projections_owner", max_size=1)
    one, other = [await connect_pool(database, "projections_log", max_size=1) for _ in range(2)]
    async with watching(owner, CUSTOMER_360):
        await _write(one, ANNA, 4)
        await _write(one, ANNA, 5)
        await _write(other, BERT, 5)
        ports = {await _port(one): "one", await _port(other): "other"}
        assert await writers(owner, ports) == {4: {"one"}, 5: {"one", "other"}}
    for pool in (one, other, owner):
        await pool.close()


async def _write(pool: asyncpg.Pool, contact: UUID, partition: int) -> None:
    added = rows.added(CUSTOMER_360, {(ORG, (contact,), partition): Customer360(contact, interactions=1)})
    await pool.execute(added.sql, *added.parameters)


async def _port(pool: asyncpg.Pool) -> int:
    port: int = await pool.fetchval("SELECT inet_client_port()")
    return port
