"""Events that a reaction could not take: parked with the reason, and what is behind them in their streams."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import asyncpg

from kernel.reaction.reaction import Reaction
from kernel.view.arrivals import Arrival
from kernel.view.fact import Stream
from kernel.view.parking import Parked, line, stream_of

BLOCKED = """
SELECT DISTINCT p.service, p.org_id, p.stream_id
FROM unnest($2::text[], $3::uuid[], $4::uuid[]) AS n (service, org_id, stream_id)
JOIN reaction_parked p ON p.reaction = $1
    AND p.org_id = n.org_id AND p.stream_id = n.stream_id AND p.service = n.service"""

PARK = """
INSERT INTO reaction_parked
    (reaction, partition, service, org_id, stream_id, position, topic_offset, value, reason, frames)
SELECT $1, n.* FROM unnest($2::smallint[], $3::text[], $4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[],
    $8::bytea[], $9::text[], $10::text[]) AS n"""


async def blocked(
    db: asyncpg.Connection, reaction: Reaction[Any], arrivals: Collection[Arrival]
) -> set[Stream]:
    """The streams among these of which something is parked already."""
    streams = {stream for arrival in arrivals if (stream := stream_of(arrival))}
    if not streams:
        return set()
    arrays = [list(part) for part in zip(*streams, strict=True)]
    rows = await db.fetch(BLOCKED, reaction.name, *arrays)
    return {(row["service"], row["org_id"], row["stream_id"]) for row in rows}


async def park(db: asyncpg.Connection, reaction: Reaction[Any], parked: Parked) -> None:
    """Sets records aside, in their order."""
    if parked:
        arrays = [list(part) for part in zip(*map(line, parked), strict=True)]
        await db.execute(PARK, reaction.name, *arrays)
