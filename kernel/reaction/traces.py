"""Which rows the events of a stream have touched, for events that concern the whole stream."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import asyncpg
import msgspec

from kernel.reaction.reaction import Reaction
from kernel.taking.fact import Stream

Traces = Mapping[Stream, tuple[str, ...]]
"""The keys of the rows, in the order in which they were first touched."""

READ = """
SELECT n.service, n.org_id, n.stream_id, m.memory
FROM unnest($2::text[], $3::uuid[], $4::uuid[]) AS n (service, org_id, stream_id)
JOIN reaction_memory m
    ON m.reaction = $1 AND m.org_id = n.org_id AND m.key = format('stream/%s/%s', n.service, n.stream_id)"""

WRITE = """
INSERT INTO reaction_memory (reaction, org_id, key, memory)
SELECT $1, n.org_id, format('stream/%s/%s', n.service, n.stream_id), n.memory::jsonb
FROM unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[]) AS n (service, org_id, stream_id, memory)
ON CONFLICT (reaction, org_id, key) DO UPDATE SET memory = excluded.memory"""


async def read(db: asyncpg.Connection, reaction: Reaction[Any], streams: Collection[Stream]) -> Traces:
    """What is kept of these streams; each lies on one partition, whose position keeps others away."""
    if not streams:
        return {}
    rows = await db.fetch(READ, reaction.name, *_arrays(streams))
    return {(row["service"], row["org_id"], row["stream_id"]): tuple(row["memory"]["keys"]) for row in rows}


async def save(db: asyncpg.Connection, reaction: Reaction[Any], before: Traces, after: Traces) -> None:
    """Writes what grew."""
    grown = [stream for stream, keys in after.items() if keys != before.get(stream, ())]
    if grown:
        texts = [msgspec.json.encode({"keys": after[stream]}).decode() for stream in grown]
        await db.execute(WRITE, reaction.name, *_arrays(grown), texts)


def _arrays(streams: Collection[Stream]) -> list[list[Any]]:
    return [list(part) for part in zip(*streams, strict=True)]
