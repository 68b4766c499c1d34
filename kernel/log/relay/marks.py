"""How far each partition is published: marks that only the leader moves, and what lies beyond them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from kernel.database import database_away
from kernel.log.lease import Lease, LeaseLost


@dataclass(frozen=True, slots=True)
class Mark:
    """The last position of a partition that Kafka acknowledged, and its offset on the topic (-1: none)."""

    partition: int
    generation: int
    position: int
    topic_offset: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How much of the log is not published: events, and the age of the oldest in seconds."""

    events: int
    seconds: float


async def read_marks(pool: asyncpg.Pool) -> list[Mark]:
    """One mark per partition, in order."""
    with database_away():
        rows = await pool.fetch(
            "SELECT partition, generation, position, topic_offset FROM mark ORDER BY partition"
        )
    return [Mark(**row) for row in rows]


async def generation(db: asyncpg.Connection | asyncpg.Pool) -> int:
    """That of the topic on which the log is published now."""
    return int(await db.fetchval("SELECT max(generation) FROM mark"))


# The lease's row stays locked until the commit, so nobody takes it while marks move. The commit does not wait
# for the disk: where a crash of the database takes a mark back, records are repeated and nothing else.
MOVE = """
WITH mine AS (
    UPDATE lease SET expires_at = clock_timestamp() + interval '5 seconds' WHERE name = $1 AND epoch = $2
    RETURNING set_config('synchronous_commit', 'off', true)
), moved AS (
    UPDATE mark SET position = given.position, topic_offset = given.topic_offset
    FROM mine, unnest($3::smallint[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[])
        given(partition, generation, position, topic_offset, known)
    WHERE mark.partition = given.partition AND mark.generation = given.generation
        AND mark.position = given.known
    RETURNING 1
)
SELECT count(*) FROM moved
"""


async def move_marks(
    pool: asyncpg.Pool, lease: Lease, marks: Sequence[Mark], known: Mapping[int, int]
) -> None:
    """Remembers what was acknowledged; `known`: the positions by partition that the table holds until then.

    Raises LeaseLost, and moves nothing, if another leads by now; likewise if the marks are elsewhere, because
    a new generation has begun or the database was restored.
    """
    with database_away():
        moved = await pool.fetchval(
            MOVE,
            lease.name,
            lease.epoch,
            [mark.partition for mark in marks],
            [mark.generation for mark in marks],
            [mark.position for mark in marks],
            [mark.topic_offset for mark in marks],
            [known[mark.partition] for mark in marks],
        )
    if moved != len(marks):
        raise LeaseLost(f"marks no longer move under epoch {lease.epoch} of the lease {lease.name!r}")


BEGIN = """
UPDATE mark SET generation = $1, position = 0, topic_offset = -1,
    shared = CASE WHEN $2 THEN position ELSE least(position, shared) END
WHERE generation < $1
"""


async def begin_generation(pool: asyncpg.Pool, generation: int, whole: bool) -> None:
    """Has the log published anew from its first event, and lets commands go on; once a generation.

    `whole`: the former generation was not broken off, so that all that was taken before was taken from there.
    """
    with database_away():
        async with pool.acquire() as connection, connection.transaction():
            if await connection.execute(BEGIN, generation, whole) != "UPDATE 0":
                await connection.execute("DELETE FROM halt")


LAG = """
SELECT coalesce(sum(counter.last - mark.position), 0)::bigint AS events,
       coalesce(extract(epoch FROM clock_timestamp() - min(event.recorded_at)), 0)::float8 AS seconds
FROM mark
JOIN counter USING (partition)
LEFT JOIN event ON event.partition = mark.partition AND event.position = mark.position + 1
"""


async def lag(pool: asyncpg.Pool) -> Lag:
    """How far the marks are behind the store."""
    with database_away():
        row = await pool.fetchrow(LAG)
    return Lag(**row)
