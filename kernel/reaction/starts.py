"""From which event on a reaction issues commands: decided when it is first deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec

from kernel.log.partitions import PARTITIONS
from kernel.reaction.reaction import Reaction
from kernel.taking.arrivals import Arrival
from kernel.taking.checkpoints import Connection, Place

BEGIN = """
WITH begun AS (
    INSERT INTO reaction_start (reaction, partition, starts)
    SELECT $1, n.partition, n.starts::jsonb FROM unnest($2::smallint[], $3::text[]) AS n (partition, starts)
    ORDER BY n.partition
    ON CONFLICT DO NOTHING
    RETURNING reaction, partition
)
INSERT INTO checkpoint (taker, partition) SELECT reaction, partition FROM begun"""

READ = "SELECT partition, starts FROM reaction_start WHERE reaction = $1"


Starts = Mapping[Place, int]
"""The first position that may cause commands; where a place is not named, its first."""


def issues(starts: Starts, arrival: Arrival) -> bool:
    """Whether this event may cause commands."""
    return arrival.position >= starts.get((arrival.service, arrival.partition), 1)


async def begin(db: asyncpg.Pool, reaction: Reaction[Any], starts: Starts) -> None:
    """Deploys it: commands begin there, or with the log. One deployed already stays as it is."""
    found: list[dict[str, int]] = [{} for _ in range(PARTITIONS)]
    for (service, partition), start in starts.items():
        found[partition][service] = start
    texts = [msgspec.json.encode(one).decode() for one in found]
    await db.execute(BEGIN, reaction.name, list(range(PARTITIONS)), texts)


async def read(db: Connection, reaction: Reaction[Any]) -> Starts | None:
    """Where its commands begin; None: it was not deployed yet."""
    rows = await db.fetch(READ, reaction.name)
    starts = {(service, row["partition"]): start for row in rows for service, start in row["starts"].items()}
    return starts if rows else None
