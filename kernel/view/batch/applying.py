"""One batch into one view or several: in few round trips where nobody else is there, else with a lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import asyncpg

from kernel.database import database_away
from kernel.taking.applied import Applied
from kernel.taking.arrivals import Arrival
from kernel.taking.batch import take
from kernel.taking.checkpoints import Checkpoints
from kernel.taking.parking.parking import REFUSED
from kernel.view.batch import optimistic
from kernel.view.batch.locked import folding
from kernel.view.view import View


async def apply(
    pool: asyncpg.Pool, view: View[Any], arrivals: Sequence[Arrival], expected: Checkpoints | None = None
) -> Applied:
    """Takes a batch: each event once, or parked, or left for later behind a gap. Raises DatabaseAway.

    `expected` is where the checkpoints were last seen: if they still are there, fewer round trips are needed.
    """
    mine = [arrival for arrival in arrivals if arrival.service in view.services]
    if not mine:
        return Applied()
    if expected is not None:
        with database_away(), suppress(*REFUSED):
            async with pool.acquire() as db:
                ready = await optimistic.prepare(db, view, mine, expected)
                if ready is not None and await optimistic.finish(db, [ready]):
                    return ready.applied
    return await take(pool, view, mine, folding(view))


async def apply_together(
    pool: asyncpg.Pool,
    views: Sequence[View[Any]],
    arrivals: Sequence[Arrival],
    expected: Mapping[str, Checkpoints],
) -> dict[str, Applied] | None:
    """Takes a small batch for all the views in one transaction, which then costs little more than one view's.

    By table name. None, with nothing changed, where some view needs a transaction of its own.
    """
    batches: list[optimistic.Ready] = []
    with database_away(), suppress(*REFUSED):
        async with pool.acquire() as db:
            for view in views:
                if mine := [arrival for arrival in arrivals if arrival.service in view.services]:
                    ready = await optimistic.prepare(db, view, mine, expected.get(view.table_name, {}))
                    if ready is None:
                        return None
                    batches.append(ready)
            if not batches or await optimistic.finish(db, batches):
                taken = {batch.view.table_name: batch.applied for batch in batches}
                return {view.table_name: taken.get(view.table_name, Applied()) for view in views}
    return None
