"""What a reaction remembers: rows locked in one order, whichever partition an event came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

import asyncpg
import msgspec

from kernel.reaction.reaction import M, Reaction

MemoryId = tuple[UUID, str]
"""Organisation, key."""

# A row that is not there cannot be locked, so it is made first; in order, or two batches wait for each other.
MAKE = """
INSERT INTO reaction_memory (reaction, org_id, key, memory)
SELECT $1, n.org_id, n.key, '{}' FROM unnest($2::uuid[], $3::text[]) AS n (org_id, key)
ORDER BY n.org_id, n.key COLLATE "C"
ON CONFLICT DO NOTHING"""

LOCK = """
SELECT m.org_id, m.key, m.memory FROM unnest($2::uuid[], $3::text[]) AS n (org_id, key)
JOIN reaction_memory m ON m.reaction = $1 AND m.org_id = n.org_id AND m.key = n.key
ORDER BY m.org_id, m.key FOR UPDATE OF m"""

SAVE = """
UPDATE reaction_memory m SET memory = n.memory::jsonb
FROM unnest($2::uuid[], $3::text[], $4::text[]) AS n (org_id, key, memory)
WHERE m.reaction = $1 AND m.org_id = n.org_id AND m.key = n.key"""

FORGET = """
DELETE FROM reaction_memory m USING unnest($2::uuid[], $3::text[]) AS n (org_id, key)
WHERE m.reaction = $1 AND m.org_id = n.org_id AND m.key = n.key"""


async def lock(
    db: asyncpg.Connection, reaction: Reaction[M], wanted: Collection[MemoryId]
) -> dict[MemoryId, M]:
    """The rows, locked until the transaction ends; every one of them, for what is new is made empty."""
    found: dict[MemoryId, M] = {}
    while len(found) < len(wanted):  # another may have forgotten a row between the two statements
        await db.execute(MAKE, reaction.name, *_arrays(wanted))
        rows = await db.fetch(LOCK, reaction.name, *_arrays(wanted))
        found = {(row["org_id"], row["key"]): msgspec.convert(row["memory"], reaction.memory) for row in rows}
    return found


async def save(
    db: asyncpg.Connection, reaction: Reaction[M], before: Mapping[MemoryId, M], after: Mapping[MemoryId, M]
) -> None:
    """Writes locked rows back; what is empty is forgotten."""
    empty = reaction.memory()
    kept = [row for row, memory in after.items() if memory != empty and memory != before[row]]
    gone = [row for row, memory in after.items() if memory == empty]
    if kept:
        texts = [msgspec.json.encode(after[row]).decode() for row in kept]
        await db.execute(SAVE, reaction.name, *_arrays(kept), texts)
    if gone:
        await db.execute(FORGET, reaction.name, *_arrays(gone))


def _arrays(wanted: Collection[MemoryId]) -> tuple[list[UUID], list[str]]:
    return [org_id for org_id, _ in wanted], [key for _, key in wanted]
