"""Views of parcels in a real database, and workers on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.taking.checkpoints import every
from kernel.taking.fact import Fact
from kernel.taking.parking import retrying
from kernel.taking.parking.retrying import EVERYTHING, Retried
from kernel.taking.parking.which import Which
from kernel.vault.vault import Vault
from kernel.view.batch.locked import folding
from kernel.view.columns import row_of
from kernel.view.tables import table_sql
from kernel.view.view import RowId, View
from kernel.view.worker.worker import Worker
from tests.folding import fold_all
from tests.parcels.log import Log
from tests.parcels.views import VIEWS
from tests.waiting import until


@pytest.fixture
async def pool(database: Settings) -> AsyncIterator[asyncpg.Pool]:
    """The worker's connections to a database that has the views of parcels."""
    owner = await asyncpg.connect(
        database.dsn["projections_owner"], server_settings={"search_path": "projections"}
    )
    for view in VIEWS:
        await owner.execute(table_sql(view))
    await owner.close()
    pool = await connect_pool(database, "projections_log", max_size=5)
    yield pool
    await pool.close()


async def rows_of(pool: asyncpg.Pool, view: View[Any]) -> dict[RowId, Any]:
    """Every stored row of a view, as the fold would have it."""
    selected = ", ".join(column.selected for column in view.columns)
    records = await pool.fetch(f"SELECT org_id, partition, {selected} FROM {view.table_name}")
    found = {}
    for record in records:
        org_id, partition, *values = record
        row = row_of(view.columns, view.row, values)
        found[org_id, tuple(getattr(row, name) for name in view.key), partition] = row
    return found


@asynccontextmanager
async def working(
    settings: Settings, pool: asyncpg.Pool, views: Sequence[View[Any]] = VIEWS
) -> AsyncIterator[Worker]:
    """A worker in this process, as long as the body runs."""
    worker = Worker(settings, views, pool)
    task = asyncio.create_task(worker.work())
    try:
        yield worker
    finally:
        await worker.drain()
        task.cancel()
        await asyncio.wait({task})


async def caught_up(
    pool: asyncpg.Pool, facts: Sequence[Fact[Any]], views: Sequence[View[Any]] = VIEWS, seconds: float = 30
) -> None:
    """Waits until every view has taken the last of these facts of each place."""
    last: dict[tuple[str, int], int] = {}
    for fact in facts:
        last[fact.service, fact.partition] = fact.position

    async def reached() -> bool:
        found = await every(pool, views)
        return all(
            found[view.table_name][partition].head(service).position >= position
            for view in views
            for (service, partition), position in last.items()
            if service in view.services
        )

    await until(reached, seconds)


async def retry(
    pool: asyncpg.Pool, view: View[Any], vault: Vault | None = None, which: Which = EVERYTHING
) -> Retried:
    """Tries what the view has parked."""
    return await retrying.retry(pool, view, folding(view), vault, which)


async def assert_each_view_is_its_fold(pool: asyncpg.Pool, log: Log) -> None:
    for view in VIEWS:
        assert await rows_of(pool, view) == fold_all(view, log.facts)
