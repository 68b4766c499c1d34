"""What a batch of events does to a reaction's memory and its outbox while its checkpoints are locked."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from kernel.reaction import memory, outbox, starts, traces
from kernel.reaction.folding import Digests, Folded, fold, steps, touched, traced
from kernel.reaction.reaction import M, Reaction
from kernel.taking.arrivals import Arrival, Failure
from kernel.taking.batch import Folding
from kernel.taking.fact import Stream


def folding(reaction: Reaction[M], digest: Digests) -> Folding:
    """How records are remembered, and what follows from them comes into the outbox."""

    async def fold_in(
        db: asyncpg.Connection, arrivals: Sequence[Arrival], blocked: set[Stream], refused: Failure | None
    ) -> Folded[M]:
        begins = await starts.read(db, reaction) or {}

        def issues(arrival: Arrival) -> bool:
            live = arrival.envelope is not None and arrival.envelope.origin == "live"
            return (live or reaction.imported) and starts.issues(begins, arrival)

        found = steps(reaction, arrivals, digest, refused)
        known = await traces.read(db, reaction, traced(reaction, found))
        before = await memory.lock(db, reaction, touched(reaction, found, known))
        folded = fold(reaction, found, before, known, blocked, issues)
        await memory.save(db, reaction, before, folded.memories)
        await traces.save(db, reaction, known, folded.traces)
        await outbox.put(db, reaction, folded.decided)
        return folded

    return fold_in
