"""Takers led from one generation of a topic to the next: all of a schema in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import NamedTuple
from uuid import UUID

import asyncpg

from kernel.taking.checkpoints import Checkpoint, Head, checkpoint_of, topics_text
from kernel.taking.generations import Generation

HELD = "SELECT taker, partition, topics, parked FROM checkpoint ORDER BY taker, partition FOR UPDATE"

BEGIN = """
INSERT INTO generation (service, generation, kept) VALUES ($1, $2, $3)
ON CONFLICT (service) DO UPDATE SET generation = excluded.generation, kept = excluded.kept"""

WRITE = """
UPDATE checkpoint c SET topics = n.topics::jsonb
FROM unnest($1::text[], $2::smallint[], $3::text[]) AS n (taker, partition, topics)
WHERE c.taker = n.taker AND c.partition = n.partition"""


class Taken(NamedTuple):
    """The last event that a taker has taken of a partition; None: it does not say which it was."""

    partition: int
    position: int
    event: UUID | None


Holds = Callable[[Collection[Taken]], Awaitable[set[Taken]]]
"""Which of these the log holds where they are said to be."""

Lost = Mapping[str, Mapping[int, Checkpoint]]
"""Takers that have taken what the log does not hold, with where they are."""


async def move(
    db: asyncpg.Connection, service: str, to: Generation, readers: Collection[str], holds: Holds
) -> Lost:
    """Has every taker go on at its next position on the new topic; none takes from the former one any more.

    In the caller's transaction. Those that are lost stay where they are: they are to be made anew.
    """
    await db.execute(BEGIN, service, to.number, to.kept)
    held: dict[str, dict[int, Checkpoint]] = {}
    for row in await db.fetch(HELD):
        checkpoint = checkpoint_of(row)
        if row["taker"] in readers or service in checkpoint.heads:
            held.setdefault(row["taker"], {})[row["partition"]] = checkpoint
    there = await holds({_taken(one, service) for of in held.values() for one in of.values()})
    lost = {
        taker: of
        for taker, of in held.items()
        if any(one.head(service).position and _taken(one, service) not in there for one in of.values())
    }
    moved = [(taker, one) for taker, of in held.items() if taker not in lost for one in of.values()]
    for _, one in moved:
        head = one.head(service)
        # Positions begin at 1: at the least so many records lie before the next one.
        one.heads[service] = Head(to.number, head.position, head.position - 1, head.event, head.recorded)
    lines = [(taker, one.partition, topics_text(one)) for taker, one in moved]
    if lines:
        await db.execute(WRITE, *(list(column) for column in zip(*lines, strict=True)))
    return lost


def _taken(checkpoint: Checkpoint, service: str) -> Taken:
    head = checkpoint.head(service)
    return Taken(checkpoint.partition, head.position, head.event)
