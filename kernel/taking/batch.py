"""One batch in one taker's transaction: lock, drop what is not next, fold, park, advance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import asyncpg

from kernel.database import database_away
from kernel.failpoints import failpoint
from kernel.taking import checkpoints
from kernel.taking.applied import Applied, places_of
from kernel.taking.arrivals import Arrival, Failure, failure_of
from kernel.taking.fact import Stream
from kernel.taking.parking import parking
from kernel.taking.parking.parking import REFUSED, TakenOrParked
from kernel.taking.taker import Taker

Folding: TypeAlias = Callable[
    [asyncpg.Connection, Sequence[Arrival], set[Stream], Failure | None], Awaitable[TakenOrParked]
]
"""Folds records, in order, into what the taker keeps, while its checkpoints are locked.

The streams are those that wait behind a parked event; those of what fails now are added to them. The failure
is why the database would not take what these records come to.
"""


async def take(
    pool: asyncpg.Pool,
    taker: Taker,
    arrivals: Sequence[Arrival],
    fold: Folding,
    refused: Failure | None = None,
) -> Applied:
    """Takes a batch: each event once, or parked, or left for later behind a gap. Raises DatabaseAway.

    A batch with a value that the database refuses is halved until that event stands alone, to be parked.
    """
    try:
        with database_away():
            async with pool.acquire() as db, db.transaction():
                applied = await _in_transaction(db, taker, arrivals, fold, refused)
        failpoint(f"{taker.kind}.committed")
        return applied
    except REFUSED as error:
        if refused is not None:
            raise
        if len(arrivals) == 1:
            return await take(pool, taker, arrivals, fold, failure_of(error))
        middle = len(arrivals) // 2
        first = await take(pool, taker, arrivals[:middle], fold)
        return first.add(await take(pool, taker, arrivals[middle:], fold))


async def _in_transaction(
    db: asyncpg.Connection, taker: Taker, arrivals: Sequence[Arrival], fold: Folding, refused: Failure | None
) -> Applied:
    heads = dict(await checkpoints.lock(db, taker, {arrival.partition for arrival in arrivals}))
    fresh, gaps = checkpoints.take_next(taker, heads, arrivals)
    folded = await fold(db, fresh, await parking.blocked(db, taker, heads, fresh), refused)
    for sql, parameters in parking.parking(taker, heads, folded.parked):
        await db.execute(sql, *parameters)
    await checkpoints.advance(db, taker, heads)
    failpoint(f"{taker.kind}.folded")
    return Applied(heads, places_of(fresh), gaps, folded.applied, len(folded.parked))
