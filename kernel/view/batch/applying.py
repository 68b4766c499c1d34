"""One batch in one view's transaction: guard, load, fold, write, advance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import asyncpg

from kernel.database import database_away
from kernel.failpoints import failpoint
from kernel.view import checkpoints, parking, rows
from kernel.view.arrivals import Arrival, Failure, failure_of
from kernel.view.batch import optimistic
from kernel.view.batch.applied import Applied, places_of
from kernel.view.batch.saving import save
from kernel.view.batch.steps import Folded, Step, fold, steps, touched
from kernel.view.checkpoints import Checkpoints
from kernel.view.parking import REFUSED
from kernel.view.view import R, View


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
    return await _locking(pool, view, mine)


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


async def _locking(
    pool: asyncpg.Pool, view: View[Any], mine: Sequence[Arrival], refused: Failure | None = None
) -> Applied:
    """Halves a batch with a value that the database refuses until that event stands alone, to be parked."""
    try:
        with database_away():
            async with pool.acquire() as db:
                return await _in_transaction(db, view, mine, refused)
    except REFUSED as error:
        if refused is not None:
            raise
        if len(mine) == 1:
            return await _locking(pool, view, mine, failure_of(error))
        middle = len(mine) // 2
        first = await _locking(pool, view, mine[:middle])
        return first.add(await _locking(pool, view, mine[middle:]))


async def _in_transaction(
    db: asyncpg.Connection, view: View[Any], arrivals: Sequence[Arrival], refused: Failure | None
) -> Applied:
    async with db.transaction():
        heads = await checkpoints.lock(db, view, {arrival.partition for arrival in arrivals})
        fresh, gaps = checkpoints.take_next(view, heads, arrivals)
        folded = await _folded(db, view, heads, steps(view, fresh, refused))
        await checkpoints.advance(db, view, heads)
        failpoint("view.folded")
    failpoint("view.committed")
    return Applied(dict(heads), places_of(fresh), gaps, folded.applied, len(folded.parked))


async def _folded(
    db: asyncpg.Connection, view: View[R], heads: Checkpoints, found: Sequence[Step]
) -> Folded[R]:
    parked_before = any(head.parked for head in heads.values())
    blocked = await parking.blocked(db, view, [step.arrival for step in found]) if parked_before else set()
    loaded = {} if view.insert_only else await rows.load(db, view, touched(found))
    folded = fold(view, found, loaded, blocked)
    await save(db, view, loaded, folded)
    await parking.park(db, view, folded.parked)
    for arrival, _ in folded.parked:
        heads[arrival.partition].parked += 1
    return folded
