"""Parked events given up for good: the taker goes on without them, and who decided that stays on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from kernel.database import database_away
from kernel.log.envelope import read
from kernel.taking.parking.which import MATCHES, Which, partitions, require_first

EVENTS_AT_ONCE = 1_000

LOCK = "SELECT FROM checkpoint WHERE taker = $1 AND partition = $2 FOR UPDATE"

FIRST = f"SELECT seq, value FROM parked WHERE {MATCHES} AND partition = $4 ORDER BY seq LIMIT $5"

RECORD = """
WITH gone AS (DELETE FROM parked WHERE seq = ANY($1::bigint[]) RETURNING *)
INSERT INTO dropped (seq, taker, partition, service, org_id, stream_id, position, generation, topic_offset,
    parked_for, parked_at, event_id, type, reason, dropped_by)
SELECT seq, taker, partition, service, org_id, stream_id, position, generation, topic_offset,
    gone.reason, parked_at, n.event_id, n.type, $4, $5
FROM gone JOIN unnest($1::bigint[], $2::uuid[], $3::text[]) AS n (seq, event_id, type) USING (seq)"""

COUNT = "UPDATE checkpoint SET parked = parked - $3 WHERE taker = $1 AND partition = $2"


async def drop(pool: asyncpg.Pool, taker: str, which: Which, reason: str, by: str) -> int:
    """Drops a parked event that is the first of its stream, or more of them in order; how many were there.

    What waits behind one that was dropped stays parked until it is tried. Raises DatabaseAway, WaitsBehind.
    """
    dropped = 0
    with database_away():
        for partition in await partitions(pool, taker, which):
            while found := await _some(pool, taker, partition, which, reason, by):
                dropped += found
    return dropped


async def _some(pool: asyncpg.Pool, taker: str, partition: int, which: Which, reason: str, by: str) -> int:
    async with pool.acquire() as db, db.transaction():
        await db.execute(LOCK, taker, partition)
        await require_first(db, taker, which)
        rows = await db.fetch(FIRST, taker, which.seq, which.stream_id, partition, EVENTS_AT_ONCE)
        found = [(row["seq"], *_named(row["value"])) for row in rows]
        if found:
            await db.execute(RECORD, *(list(part) for part in zip(*found, strict=True)), reason, by)
            await db.execute(COUNT, taker, partition, len(found))
    return len(found)


def _named(value: bytes) -> Sequence[Any]:
    """The event's id and type; what is no event has none."""
    try:
        envelope = read(value)
    except msgspec.MsgspecError:
        return None, None
    return envelope.event_id, envelope.type
