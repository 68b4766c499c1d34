"""One batch in one reaction's transaction: guard, lock, fold, react, remember, advance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from kernel.database import database_away
from kernel.failpoints import failpoint
from kernel.reaction import memory, outbox, parking, positions, traces
from kernel.reaction.folding import Digests, Folded, Step, fold, steps, touched, traced
from kernel.reaction.positions import Position
from kernel.reaction.reaction import M, Reaction
from kernel.view.arrivals import Arrival, Failure, failure_of
from kernel.view.checkpoints import Place, take_next
from kernel.view.parking import REFUSED


@dataclass
class Applied:
    """What became of a batch."""

    heads: dict[int, Position] = field(default_factory=dict)
    moved: set[Place] = field(default_factory=set)
    gaps: set[Place] = field(default_factory=set)
    issued: int = 0
    parked: int = 0

    def add(self, later: Applied) -> Applied:
        self.heads.update(later.heads)
        self.moved |= later.moved
        self.gaps |= later.gaps
        self.issued += later.issued
        self.parked += later.parked
        return self


async def apply(
    pool: asyncpg.Pool,
    reaction: Reaction[Any],
    arrivals: Sequence[Arrival],
    digest: Digests,
    refused: Failure | None = None,
) -> Applied:
    """Takes a batch: each event once, or parked, or left for later behind a gap. Raises DatabaseAway.

    A batch with a value that the database refuses is halved until that event stands alone, to be parked.
    """
    try:
        with database_away():
            async with pool.acquire() as db, db.transaction():
                applied = await _in_transaction(db, reaction, arrivals, digest, refused)
        failpoint("reaction.remembered")
        return applied
    except REFUSED as error:
        if refused is not None:
            raise
        if len(arrivals) == 1:
            return await apply(pool, reaction, arrivals, digest, failure_of(error))
        middle = len(arrivals) // 2
        first = await apply(pool, reaction, arrivals[:middle], digest)
        return first.add(await apply(pool, reaction, arrivals[middle:], digest))


async def _in_transaction(
    db: asyncpg.Connection,
    reaction: Reaction[Any],
    arrivals: Sequence[Arrival],
    digest: Digests,
    refused: Failure | None,
) -> Applied:
    heads = await positions.lock(db, reaction, {arrival.partition for arrival in arrivals})
    fresh, gaps = take_next(reaction, heads, arrivals)
    found = steps(reaction, fresh, digest, refused)
    blocked = set()
    if any(head.parked for head in heads.values()):
        blocked = await parking.blocked(db, reaction, [step.arrival for step in found])
    folded = await react(db, reaction, heads, found, blocked)
    await parking.park(db, reaction, folded.parked)
    for arrival, _ in folded.parked:
        heads[arrival.partition].parked += 1
    await positions.advance(db, reaction, heads)
    failpoint("reaction.folded")
    moved = {(arrival.service, arrival.partition) for arrival in fresh}
    return Applied(dict(heads), moved, gaps, len(folded.decided), len(folded.parked))


async def react(
    db: asyncpg.Connection,
    reaction: Reaction[M],
    heads: dict[int, Position],
    found: Sequence[Step],
    blocked: set[Any],
) -> Folded[M]:
    """Remembers the steps and puts what follows from them into the outbox; the positions must be locked."""

    def issues(arrival: Arrival) -> bool:
        live = arrival.envelope is not None and arrival.envelope.origin == "live"
        return (live or reaction.imported) and heads[arrival.partition].issues(arrival)

    known = await traces.read(db, reaction, traced(reaction, found))
    before = await memory.lock(db, reaction, touched(reaction, found, known))
    folded = fold(reaction, found, before, known, blocked, issues)
    await memory.save(db, reaction, before, folded.memories)
    await traces.save(db, reaction, known, folded.traces)
    await outbox.put(db, reaction, folded.decided)
    return folded
