"""Parked events, tried again in the order of their streams once what stood in their way is mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from kernel.database import database_away
from kernel.vault.vault import Vault
from kernel.view import checkpoints, rows
from kernel.view.arrivals import Arrival, Failure, Reading, failure_of
from kernel.view.batch.saving import save
from kernel.view.batch.steps import fold, steps, touched
from kernel.view.fact import Stream
from kernel.view.opening import open_personal
from kernel.view.parking import REFUSED
from kernel.view.view import View

EVENTS_AT_ONCE = 1_000

PARTITIONS = """
SELECT partition FROM checkpoint WHERE view = $1 AND number = $2 AND parked > 0 ORDER BY partition"""

NEXT = """
SELECT seq, service, partition, topic_offset, value FROM parked
WHERE view = $1 AND number = $2 AND partition = $3 AND seq > $4 AND ($5::uuid IS NULL OR org_id = $5)
ORDER BY seq LIMIT $6"""

DELETE = "DELETE FROM parked WHERE seq = ANY($1::bigint[])"


@dataclass
class Retried:
    """How many parked events the view has taken now, and how many it still cannot take."""

    taken: int = 0
    left: int = 0


@dataclass
class Place:
    """How far one partition's parked events have been tried; a stream that fails again waits from there."""

    partition: int
    org_id: UUID | None
    after: int = 0
    blocked: set[Stream] = field(default_factory=set)


async def retry(
    pool: asyncpg.Pool, view: View[Any], vault: Vault | None = None, org_id: UUID | None = None
) -> Retried:
    """Tries what is parked, of one organisation or of all; what fails again stays. Raises DatabaseAway."""
    retried = Retried()
    with database_away():
        for record in await pool.fetch(PARTITIONS, view.name, view.number):
            await _retry(pool, view, vault, Place(record["partition"], org_id), retried)
    return retried


async def _retry(
    pool: asyncpg.Pool, view: View[Any], vault: Vault | None, place: Place, retried: Retried
) -> None:
    limit, refused = EVENTS_AT_ONCE, None
    while True:
        try:
            if not await _some(pool, view, vault, place, retried, limit, refused):
                return
            limit, refused = min(limit * 2, EVENTS_AT_ONCE), None
        except REFUSED as error:
            # Something among these is a value that the database will not take: find it one by one.
            limit, refused = 1, failure_of(error) if limit == 1 else None


async def _some(
    pool: asyncpg.Pool,
    view: View[Any],
    vault: Vault | None,
    place: Place,
    retried: Retried,
    limit: int,
    refused: Failure | None,
) -> bool:
    """Takes the next parked events in one transaction, as far as they can be; whether there were any."""
    async with pool.acquire() as db, db.transaction():
        heads = await checkpoints.lock(db, view, [place.partition])
        arrivals = await _next(db, view, vault, place, limit)
        blocked = set(place.blocked)
        found = steps(view, list(arrivals.values()), refused)
        loaded = {} if view.insert_only else await rows.load(db, view, touched(found))
        folded = fold(view, found, loaded, blocked)
        await save(db, view, loaded, folded)
        left = {id(arrival) for arrival, _ in folded.parked}
        taken = [seq for seq, arrival in arrivals.items() if id(arrival) not in left]
        await db.execute(DELETE, taken)
        heads[place.partition].parked -= len(taken)
        await checkpoints.advance(db, view, heads)
    place.after, place.blocked = max(arrivals, default=0), blocked
    retried.taken += len(taken)
    retried.left += len(left)
    return bool(arrivals)


async def _next(
    db: asyncpg.Connection, view: View[Any], vault: Vault | None, place: Place, limit: int
) -> dict[int, Arrival]:
    """The next parked events by their number, read as if they had just arrived."""
    reading = Reading((view,))
    records = await db.fetch(NEXT, view.name, view.number, place.partition, place.after, place.org_id, limit)
    arrivals = {
        record["seq"]: reading.read(
            record["service"], 1, record["partition"], record["topic_offset"], record["value"]
        )
        for record in records
    }
    if vault is not None:
        await open_personal(vault, reading.personal, arrivals.values())
    return arrivals
