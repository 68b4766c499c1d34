"""How far a reaction has come in each partition, and from where on it issues commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec

from kernel.log.partitions import PARTITIONS
from kernel.reaction.reaction import Reaction
from kernel.view.arrivals import Arrival
from kernel.view.checkpoints import Checkpoint, Head, Place

KNOWN = "SELECT count(*) FROM reaction_position WHERE reaction = $1"

BEGIN = """
INSERT INTO reaction_position (reaction, partition, starts)
SELECT $1, n.partition, n.starts::jsonb FROM unnest($2::smallint[], $3::text[]) AS n (partition, starts)
ORDER BY n.partition
ON CONFLICT DO NOTHING"""

LOCK = """
SELECT partition, topics, starts, parked FROM reaction_position
WHERE reaction = $1 AND partition = ANY($2::smallint[])
ORDER BY partition FOR UPDATE"""

ADVANCE = """
UPDATE reaction_position p SET topics = n.topics::jsonb, parked = n.parked
FROM unnest($2::smallint[], $3::text[], $4::bigint[]) AS n (partition, topics, parked)
WHERE p.reaction = $1 AND p.partition = n.partition"""

ALL = "SELECT partition, topics, starts, parked FROM reaction_position WHERE reaction = $1"


class Start(msgspec.Struct, frozen=True):
    """The first record of one topic's partition that may cause commands."""

    generation: int = 1
    offset: int = 0


@dataclass(slots=True)
class Position(Checkpoint):
    """One partition: the head of each topic, how many events are parked, and where commands begin."""

    starts: dict[str, Start] = field(default_factory=dict)

    def issues(self, arrival: Arrival) -> bool:
        """Whether this record may cause commands."""
        start = self.starts.get(arrival.service, Start())
        return (arrival.generation, arrival.offset) >= (start.generation, start.offset)


def _position(row: asyncpg.Record) -> Position:
    heads = msgspec.convert(row["topics"], dict[str, Head])
    starts = msgspec.convert(row["starts"], dict[str, Start])
    return Position(row["partition"], heads, row["parked"], starts)


async def begun(db: asyncpg.Pool, reaction: Reaction[Any]) -> bool:
    """Whether this reaction was deployed before."""
    return bool(await db.fetchval(KNOWN, reaction.name))


async def begin(db: asyncpg.Pool, reaction: Reaction[Any], found: Mapping[Place, Start]) -> None:
    """Deploys it: commands begin there, or with the log. One deployed already stays as it is."""
    starts: list[dict[str, Start]] = [{} for _ in range(PARTITIONS)]
    for (service, partition), start in found.items():
        starts[partition][service] = start
    texts = [msgspec.json.encode(found).decode() for found in starts]
    await db.execute(BEGIN, reaction.name, list(range(PARTITIONS)), texts)


async def lock(
    db: asyncpg.Connection, reaction: Reaction[Any], partitions: Iterable[int]
) -> dict[int, Position]:
    """Locks the partitions, ascending, until the transaction ends."""
    rows = await db.fetch(LOCK, reaction.name, sorted(partitions))
    return {row["partition"]: _position(row) for row in rows}


async def advance(db: asyncpg.Connection, reaction: Reaction[Any], positions: Mapping[int, Position]) -> None:
    """Writes locked positions back."""
    partitions = list(positions)
    topics = [msgspec.json.encode(positions[n].heads).decode() for n in partitions]
    parked = [positions[n].parked for n in partitions]
    await db.execute(ADVANCE, reaction.name, partitions, topics, parked)


async def every(db: asyncpg.Pool, reaction: Reaction[Any]) -> dict[int, Position]:
    """All partitions, unlocked."""
    return {row["partition"]: _position(row) for row in await db.fetch(ALL, reaction.name)}
