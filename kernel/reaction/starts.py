"""From which record on a reaction issues commands: decided when it is first deployed, and never moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec

from kernel.log.partitions import PARTITIONS
from kernel.reaction.reaction import Reaction
from kernel.taking.arrivals import Arrival
from kernel.taking.checkpoints import Place

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


class Start(msgspec.Struct, frozen=True):
    """The first record of one topic's partition that may cause commands."""

    generation: int = 1
    offset: int = 0


Starts = Mapping[Place, Start]
"""A place that is not among them issues from its first record on."""


def issues(starts: Starts, arrival: Arrival) -> bool:
    """Whether this record may cause commands."""
    start = starts.get((arrival.service, arrival.partition), Start())
    return (arrival.generation, arrival.offset) >= (start.generation, start.offset)


async def begin(db: asyncpg.Pool, reaction: Reaction[Any], starts: Starts) -> None:
    """Deploys it: commands begin there, or with the log. One deployed already stays as it is."""
    found: list[dict[str, Start]] = [{} for _ in range(PARTITIONS)]
    for (service, partition), start in starts.items():
        found[partition][service] = start
    texts = [msgspec.json.encode(one).decode() for one in found]
    await db.execute(BEGIN, reaction.name, list(range(PARTITIONS)), texts)


async def read(db: asyncpg.Pool, reaction: Reaction[Any]) -> Starts | None:
    """Where its commands begin; None: it was not deployed yet."""
    rows = await db.fetch(READ, reaction.name)
    found = {row["partition"]: msgspec.convert(row["starts"], dict[str, Start]) for row in rows}
    starts = {(service, n): start for n, of in found.items() for service, start in of.items()}
    return starts if rows else None
