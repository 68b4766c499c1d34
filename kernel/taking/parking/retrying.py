"""Parked events, tried again in the order of their streams once what stood in their way is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import asyncpg

from kernel.database import database_away
from kernel.failpoints import failpoint
from kernel.taking import checkpoints
from kernel.taking.arrivals import Arrival, Failure, Reading, failure_of
from kernel.taking.batch import Folding
from kernel.taking.fact import Stream
from kernel.taking.opening import open_personal
from kernel.taking.parking.parking import REFUSED, frames_text
from kernel.taking.parking.which import MATCHES, Which, partitions, require_first
from kernel.taking.taker import Taker
from kernel.vault.vault import Vault

EVENTS_AT_ONCE = 1_000

NEXT = f"""
SELECT seq, service, partition, generation, topic_offset, value FROM parked
WHERE {MATCHES} AND partition = $4 AND seq > $5
ORDER BY seq LIMIT $6"""

DELETE = "DELETE FROM parked WHERE seq = ANY($1::bigint[])"

# Why each still cannot be taken may be another reason than at first.
SAY_WHY = """
UPDATE parked p SET reason = n.reason, frames = n.frames
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS n (seq, reason, frames)
WHERE p.seq = n.seq AND (p.reason, p.frames) <> (n.reason, n.frames)"""

EVERYTHING = Which()


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
    which: Which
    partition: int
    after: int = 0
    blocked: set[Stream] = field(default_factory=set)


async def retry(
    pool: asyncpg.Pool,
    taker: Taker,
    fold: Folding,
    vault: Vault | None = None,
    which: Which = EVERYTHING,
    told: Callable[[Retried], None] = lambda _: None,
) -> Retried:
    """Tries what is parked; what fails again stays, with the reason of this time. `told` hears how far it is.

    Raises DatabaseAway, WaitsBehind, and Gone where the taker was dropped meanwhile.
    """
    retried = Retried()
    with database_away():
        for partition in await partitions(pool, taker.taker, which):
            trying = Trying(taker, fold, vault, which, partition)
            limit, refused = EVENTS_AT_ONCE, None
            while limit:
                limit, refused = await _tried(pool, trying, retried, limit, refused)
                told(retried)
    return retried


async def _tried(
    pool: asyncpg.Pool, trying: Trying, retried: Retried, limit: int, refused: Failure | None
) -> tuple[int, Failure | None]:
    """How many to try next, 0 at the end, and why the first of them was refused."""
    try:
        more = await _some(pool, trying, retried, limit, refused)
        return (min(limit * 2, EVENTS_AT_ONCE) if more else 0), None
    except REFUSED as error:
        # Something among these is a value that the database will not take: find it one by one.
        return 1, failure_of(error) if limit == 1 else None


async def _some(
    pool: asyncpg.Pool, trying: Trying, retried: Retried, limit: int, refused: Failure | None
) -> bool:
    """Takes the next parked events in one transaction, as far as they can be; whether there were any."""
    taker, waiting = trying.taker, set(trying.blocked)
    async with pool.acquire() as db, db.transaction():
        heads = await checkpoints.lock(db, taker, [trying.partition])
        await require_first(db, taker.taker, trying.which)
        arrivals = await _next(db, trying, limit)
        folded = await trying.fold(db, list(arrivals.values()), waiting, refused)
        failed = {id(arrival): failure for arrival, failure in folded.parked}
        left = {seq: failed[id(arrival)] for seq, arrival in arrivals.items() if id(arrival) in failed}
        taken = [seq for seq in arrivals if seq not in left]
        await db.execute(DELETE, taken)
        await db.execute(SAY_WHY, list(left), *_reasons(left.values()))
        heads[trying.partition].parked -= len(taken)
        await checkpoints.advance(db, taker, heads)
        failpoint("retry.taken")
    failpoint("retry.committed")
    trying.after, trying.blocked = max(arrivals, default=0), waiting
    retried.taken += len(taken)
    retried.left += len(left)
    return bool(arrivals)


def _reasons(failures: Iterable[Failure]) -> tuple[list[str], list[str]]:
    found = list(failures)
    return [one.reason for one in found], [frames_text(one) for one in found]


async def _next(db: asyncpg.Connection, trying: Trying, limit: int) -> dict[int, Arrival]:
    """The next parked events by their number, read as if they had just arrived."""
    reading, which = Reading((trying.taker,)), trying.which
    asked = trying.taker.taker, which.seq, which.stream_id, trying.partition, trying.after, limit
    arrivals = {
        record["seq"]: reading.read(
            record["service"],
            record["generation"],
            record["partition"],
            record["topic_offset"],
            record["value"],
        )
        for record in await db.fetch(NEXT, *asked)
    }
    if trying.vault is not None:
        await open_personal(trying.vault, reading.personal, arrivals.values())
    return arrivals
