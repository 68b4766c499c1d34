"""Stored answers: what a key was told, for its repeats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from kernel.log.append import AnsweredStream, StoredAnswer

KEPT = timedelta(days=30)

Key = tuple[UUID, str, str]
"""Organisation, caller, idempotency key."""

_ANSWERS = """
SELECT a.*
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY k (org_id, caller, key, n)
CROSS JOIN LATERAL (
    SELECT k.n, a.org_id, a.outcome, a.digest, a.problem, a.streams, a.answered_at FROM answer a
    WHERE a.org_id = k.org_id AND a.caller = k.caller AND a.key = k.key LIMIT 1
) a
"""

# An answer that wrote nothing to a stream still names the position of its last event.
_EVENTS = """
SELECT e.*
FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[]) WITH ORDINALITY
    w (org_id, stream_id, first, last, n)
CROSS JOIN LATERAL (
    SELECT w.n, e.version, e.event_id, e.type, e.partition, e.position FROM event e
    WHERE e.org_id = w.org_id AND e.stream_id = w.stream_id
        AND e.version BETWEEN least(w.first, w.last) AND w.last
    ORDER BY e.version
) e
"""


async def read_answers(connection: asyncpg.Connection, keys: Sequence[Key]) -> list[StoredAnswer | None]:
    """The stored answer of each key, or None."""
    rows = await connection.fetch(_ANSWERS, *(list(column) for column in zip(*keys, strict=True)))
    answers: list[StoredAnswer | None] = [None] * len(keys)
    if rows:
        written = [
            (row["org_id"], UUID(s["id"]), s["first"], s["last"]) for row in rows for s in row["streams"]
        ]
        streams = iter(await _read_streams(connection, written))
        for row in rows:
            mine = tuple(next(streams) for _ in row["streams"])
            answers[row["n"] - 1] = StoredAnswer(
                row["outcome"], row["digest"], row["problem"], mine, row["answered_at"]
            )
    return answers


async def _read_streams(
    connection: asyncpg.Connection, written: Sequence[tuple[UUID, UUID, int, int]]
) -> list[AnsweredStream]:
    if not written:
        return []
    events: list[list[Any]] = [[] for _ in written]
    for event in await connection.fetch(_EVENTS, *(list(column) for column in zip(*written, strict=True))):
        events[event["n"] - 1].append(event)
    return [
        AnsweredStream(
            stream_id,
            first,
            last,
            partition=mine[-1]["partition"],
            position=mine[-1]["position"],
            events=tuple((e["event_id"], e["type"], e["version"]) for e in mine if e["version"] >= first),
        )
        for (_, stream_id, first, last), mine in zip(written, events, strict=True)
    ]


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
