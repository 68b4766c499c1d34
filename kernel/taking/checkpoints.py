"""How far a taker has come in each partition, and which of a batch's records are next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from kernel.taking.arrivals import Arrival, Reader
from kernel.taking.taker import Taker

LOCK = """
SELECT partition, topics, parked FROM checkpoint
WHERE taker = $1 AND partition = ANY($2::smallint[])
ORDER BY partition FOR UPDATE"""

ADVANCE = """
UPDATE checkpoint c SET topics = n.topics::jsonb, parked = n.parked
FROM unnest($2::smallint[], $3::text[], $4::bigint[]) AS n (partition, topics, parked)
WHERE c.taker = $1 AND c.partition = n.partition"""

ALL = "SELECT taker, partition, topics, parked FROM checkpoint WHERE taker = ANY($1::text[])"


class Gone(Exception):
    """The taker has no checkpoint there: it was dropped."""


class Head(msgspec.Struct, omit_defaults=True):
    """The last record taken of one topic's partition."""

    generation: int = 1
    position: int = 0
    offset: int = -1
    event: UUID | None = None
    """The one at that position: whether a log that was restored from a backup still holds it."""
    recorded: datetime | None = None
    """When that was: nothing that was recorded before has yet to be taken."""

    def next_offset(self, generation: int) -> int:
        """Where to look for the next record on the topic of this generation; it never lies before that.

        Positions begin at 1 and repeats only push them back: position p has no offset below p - 1.
        """
        return self.offset + 1 if self.generation == generation else self.position


BEGINNING = Head()


@dataclass(slots=True)
class Checkpoint:
    """One partition of one taker: the head of each service's topic, and how many events are parked."""

    partition: int
    heads: dict[str, Head] = field(default_factory=dict)
    parked: int = 0

    def head(self, service: str) -> Head:
        """The service's head; before its first record, position 0."""
        return self.heads.setdefault(service, Head())


Checkpoints = Mapping[int, Checkpoint]
Connection: TypeAlias = asyncpg.Connection | asyncpg.Pool


def checkpoint_of(row: asyncpg.Record) -> Checkpoint:
    """From the columns partition, topics and parked."""
    heads = msgspec.convert(row["topics"], dict[str, Head])
    return Checkpoint(row["partition"], heads, row["parked"])


def topics_text(checkpoint: Checkpoint) -> str:
    """Its heads as the table holds them; one that is still at the log's beginning is not written."""
    begun = {service: head for service, head in checkpoint.heads.items() if head != BEGINNING}
    return msgspec.json.encode(begun).decode()


def copy_of(checkpoint: Checkpoint) -> Checkpoint:
    """The same, to be moved on by itself."""
    heads = {service: copy(head) for service, head in checkpoint.heads.items()}
    return Checkpoint(checkpoint.partition, heads, checkpoint.parked)


async def lock(db: asyncpg.Connection, taker: Taker, partitions: Iterable[int]) -> Checkpoints:
    """Locks the partitions' checkpoints, ascending, until the transaction ends; raises Gone."""
    wanted = sorted(partitions)
    rows = await db.fetch(LOCK, taker.taker, wanted)
    if len(rows) < len(wanted):
        raise Gone(taker.taker)
    return {row["partition"]: checkpoint_of(row) for row in rows}


async def advance(db: asyncpg.Connection, taker: Taker, checkpoints: Checkpoints) -> None:
    """Writes locked checkpoints back."""
    partitions = list(checkpoints)
    topics = [topics_text(checkpoints[n]) for n in partitions]
    parked = [checkpoints[n].parked for n in partitions]
    await db.execute(ADVANCE, taker.taker, partitions, topics, parked)


async def every(db: Connection, takers: Sequence[Taker]) -> dict[str, dict[int, Checkpoint]]:
    """All checkpoints of these takers, unlocked: name → partition → checkpoint."""
    return await named(db, [taker.taker for taker in takers])


async def named(db: Connection, names: Sequence[str]) -> dict[str, dict[int, Checkpoint]]:
    """The same by the takers' names; all of them at one moment."""
    found: dict[str, dict[int, Checkpoint]] = {name: {} for name in names}
    for row in await db.fetch(ALL, names):
        found[row["taker"]][row["partition"]] = checkpoint_of(row)
    return found


Place = tuple[str, int]
"""Service, partition."""


def take_next(
    taker: Reader, checkpoints: Checkpoints, arrivals: Iterable[Arrival]
) -> tuple[list[Arrival], set[Place]]:
    """The arrivals that are next, moving the heads past them; and the places where one was missing.

    What is not newer is dropped, and so is what a worker brings from a former generation's topic that it has
    not left yet; after a gap nothing more of that place is taken.
    """
    fresh: list[Arrival] = []
    gaps: set[Place] = set()
    for place, found in groupby(arrivals, attrgetter("service", "partition")):
        if place[0] in taker.services and place not in gaps:
            head, before = checkpoints[place[1]].head(place[0]), len(fresh)
            if not _take_next(head, found, fresh):
                gaps.add(place)
            _name(head, fresh[before:])
    return fresh, gaps


def _take_next(head: Head, arrivals: Iterable[Arrival], fresh: list[Arrival]) -> bool:
    """Takes from one place; False at a gap."""
    for arrival in arrivals:
        if arrival.generation < head.generation:
            continue
        newer = (arrival.generation, arrival.offset) > (head.generation, head.offset)
        if arrival.envelope is None:
            if newer:
                fresh.append(arrival)
        elif arrival.position == head.position + 1:
            fresh.append(arrival)
            head.position = arrival.position
        elif arrival.position > head.position:
            return False
        if newer:
            head.generation, head.offset = arrival.generation, arrival.offset
    return True


def _name(head: Head, taken: Sequence[Arrival]) -> None:
    """Names the event at the head's position: only the last one, for some envelopes make such values anew."""
    if last := next((one.envelope for one in reversed(taken) if one.envelope is not None), None):
        head.event, head.recorded = last.event_id, last.recorded_at
