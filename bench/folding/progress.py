"""How much of a backlog is not yet in the views, or in the peer's table; and emptying the views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg

from bench.folding.backlog import Backlog
from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.taking.checkpoints import Checkpoint
from kernel.view.tables import terms_table
from kernel.view.view import View

FORGET = "UPDATE checkpoint SET topics = '{}', parked = 0"
UPSERTED = "SELECT coalesce(sum(events), 0)::bigint FROM customer"


async def empty(settings: Settings, views: Sequence[View[Any]]) -> None:
    """As if nothing had ever been folded."""
    pool = await connect_pool(settings, "projections_owner", max_size=1)
    for view in views:
        await pool.execute(f"TRUNCATE {view.table_name}")
        if view.terms is not None:
            await pool.execute(f"TRUNCATE {terms_table(view)}")
    await pool.execute(FORGET)
    await pool.close()


async def not_folded(pool: asyncpg.Pool, views: Sequence[View[Any]], backlog: Backlog) -> int:
    """What the view that is furthest behind lacks."""
    found = await checkpoints.every(pool, views)
    return max(
        sum(backlog.of(service) for service in view.services) - _taken(found[view.table_name].values())
        for view in views
    )


def _taken(found: Iterable[Checkpoint]) -> int:
    return sum(head.position for checkpoint in found for head in checkpoint.heads.values())


async def not_upserted(administrator: asyncpg.Connection, backlog: Backlog) -> int:
    """What the peer lacks."""
    return backlog.events - int(await administrator.fetchval(UPSERTED))
