"""Parked events, tried again in the order of their streams once what stood in their way is mended."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from kernel.database import database_away
from kernel.taking import checkpoints
from kernel.taking.arrivals import Arrival, Failure, Reading, failure_of
from kernel.taking.batch import Folding
from kernel.taking.fact import Stream
from kernel.taking.opening import open_personal
from kernel.taking.parking import REFUSED
from kernel.taking.taker import Taker
from kernel.vault.vault import Vault

EVENTS_AT_ONCE = 1_000

PARTITIONS = "SELECT partition FROM checkpoint WHERE taker = $1 AND parked > 0 ORDER BY partition"

NEXT = """
SELECT seq, service, partition, topic_offset, value FROM parked
WHERE taker = $1 AND partition = $2 AND seq > $3 AND ($4::uuid IS NULL OR org_id = $4)
ORDER BY seq LIMIT $5"""

DELETE = "DELETE FROM parked WHERE seq = ANY($1::bigint[])"


@dataclass
class Retried:
    """How many parked events were taken now, and how many still cannot be."""

    taken: int = 0
    left: int = 0


@dataclass
class Trying:
    """How far one partition's parked events have been tried; a stream that fails again waits from there."""

    taker: Taker
    fold: Folding
    vault: Vault | None
    org_id: UUID | None
    partition: int
    after: int = 0
    blocked: set[Stream] = field(default_factory=set)


async def retry(
    pool: asyncpg.Pool, taker: Taker, fold: Folding, vault: Vault | None = None, org_id: UUID | None = None
) -> Retried:
    """Tries what is parked, of one organisation or of all; what fails again stays. Raises DatabaseAway."""
    retried = Retried()
    with database_away():
        for record in await pool.fetch(PARTITIONS, taker.taker):
            await _retry(pool, Trying(taker, fold, vault, org_id, record["partition"]), retried)
    return retried


async def _retry(pool: asyncpg.Pool, trying: Trying, retried: Retried) -> None:
    limit, refused = EVENTS_AT_ONCE, None
    while True:
        try:
            if not await _some(pool, trying, retried, limit, refused):
                return
            limit, refused = min(limit * 2, EVENTS_AT_ONCE), None
        except REFUSED as error:
            # Something among these is a value that the database will not take: find it one by one.
            limit, refused = 1, failure_of(error) if limit == 1 else None


async def _some(
    pool: asyncpg.Pool, trying: Trying, retried: Retried, limit: int, refused: Failure | None
) -> bool:
    """Takes the next parked events in one transaction, as far as they can be; whether there were any."""
    taker, blocked = trying.taker, set(trying.blocked)
    async with pool.acquire() as db, db.transaction():
        heads = await checkpoints.lock(db, taker, [trying.partition])
        arrivals = await _next(db, trying, limit)
        folded = await trying.fold(db, list(arrivals.values()), blocked, refused)
        left = {id(arrival) for arrival, _ in folded.parked}
        taken = [seq for seq, arrival in arrivals.items() if id(arrival) not in left]
        await db.execute(DELETE, taken)
        heads[trying.partition].parked -= len(taken)
        await checkpoints.advance(db, taker, heads)
    trying.after, trying.blocked = max(arrivals, default=0), blocked
    retried.taken += len(taken)
    retried.left += len(left)
    return bool(arrivals)


async def _next(db: asyncpg.Connection, trying: Trying, limit: int) -> dict[int, Arrival]:
    """The next parked events by their number, read as if they had just arrived."""
    reading = Reading((trying.taker,))
    asked = trying.taker.taker, trying.partition, trying.after, trying.org_id, limit
    arrivals = {
        record["seq"]: reading.read(
            record["service"], 1, record["partition"], record["topic_offset"], record["value"]
        )
        for record in await db.fetch(NEXT, *asked)
    }
    if trying.vault is not None:
        await open_personal(trying.vault, reading.personal, arrivals.values())
    return arrivals
