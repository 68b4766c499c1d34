"""Stored answers: what a key was told, for its repeats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg

from kernel.log.store.append import AnsweredStream, StoredAnswer

KEPT = timedelta(days=30)

Key = tuple[UUID, str, str]
"""Organisation, caller, idempotency key."""

# Each stream of the answer with its events; one that got none still names the position of its last event.
_READ = """
SELECT k.n, a.outcome, a.digest, a.problem, a.answered_at, s.id, s.first, s.last,
    e.version, e.event_id, e.type, e.partition, e.position
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY k (org_id, caller, key, n)
CROSS JOIN LATERAL (
    SELECT a.outcome, a.digest, a.problem, a.answered_at, a.streams FROM answer a
    WHERE a.org_id = k.org_id AND a.caller = k.caller AND a.key = k.key LIMIT 1
) a
LEFT JOIN LATERAL json_to_recordset(a.streams) s (id uuid, first int, last int) ON true
LEFT JOIN LATERAL (
    SELECT e.version, e.event_id, e.type, e.partition, e.position FROM event e
    WHERE e.org_id = k.org_id AND e.stream_id = s.id AND e.version BETWEEN least(s.first, s.last) AND s.last
    ORDER BY e.version
) e ON true
"""


async def read_answers(connection: asyncpg.Connection, keys: Sequence[Key]) -> list[StoredAnswer | None]:
    """The stored answer of each key, or None."""
    rows = await connection.fetch(_READ, *(list(column) for column in zip(*keys, strict=True)))
    answers: list[StoredAnswer | None] = [None] * len(keys)
    for n, group in groupby(rows, key=itemgetter("n")):
        mine = list(group)
        row = mine[0]
        streams = tuple(_stream(list(events)) for id_, events in groupby(mine, key=itemgetter("id")) if id_)
        answers[n - 1] = StoredAnswer(
            row["outcome"], row["digest"], row["problem"], streams, row["answered_at"]
        )
    return answers


def _stream(rows: Sequence[Any]) -> AnsweredStream:
    last = rows[-1]
    events = tuple(
        (row["event_id"], row["type"], row["version"]) for row in rows if row["version"] >= row["first"]
    )
    return AnsweredStream(
        last["id"], last["first"], last["last"], last["partition"], last["position"], events
    )


_FORGET = """
DELETE FROM answer WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM answer WHERE answered_at < now() - $1::interval LIMIT $2
))
"""

AT_ONCE = 5_000


async def forget_answers(pool: asyncpg.Pool, kept: timedelta = KEPT) -> int:
    """Deletes the answers that are older than `kept`, some at a time; how many they were."""
    forgotten = 0
    while count := int((await pool.execute(_FORGET, kept, AT_ONCE)).split()[-1]):
        forgotten += count
    return forgotten
