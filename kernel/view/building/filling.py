"""One partition of a version on its way: folded in memory, written when it is much, resumed where it was."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, Generic

import asyncpg

from kernel.database import database_away
from kernel.taking.applied import Applied
from kernel.taking.arrivals import Arrival
from kernel.taking.checkpoints import Checkpoint, Checkpoints, Place, copy_of, take_next
from kernel.taking.fact import Fact
from kernel.view import rows
from kernel.view.batch import optimistic
from kernel.view.batch.applying import apply
from kernel.view.batch.saving import save
from kernel.view.batch.steps import Folded
from kernel.view.folding import keys_of
from kernel.view.view import R, RowId, View

MOST_ROWS = 10_000
"""Rows that wait in memory to be written."""
ROWS_AT_ONCE = 500
"""Rows of one statement: what is sent takes its memory beside the rows."""
MOST_EVENTS = 100_000
"""Events that wait to be written, so that what was done before a kill is not done again."""


class Missing(Exception):
    """The topic lacks a record that follows what was taken."""


class Overtaken(Exception):
    """Somebody else moved the checkpoint of a version that is being filled."""


class Filling(Generic[R]):
    """Takes the events of one partition in order; `write` makes durable what was taken."""

    def __init__(self, pool: asyncpg.Pool, view: View[R], checkpoint: Checkpoint, waits: bool = True) -> None:
        """Where it `waits` not, every batch is taken as live work takes it."""
        self._pool, self._view, self._waits = pool, view, waits
        self._written, self.checkpoint = checkpoint, copy_of(checkpoint)
        self._stored: dict[RowId, R] = {}
        self._rows: dict[RowId, list[R]] = {}
        """Each row in a list of its own: finding a key takes long, and so it is done once an event."""
        self._whole = not any(head.position for head in checkpoint.heads.values())
        """Whether memory holds every row of the partition, so that none need be looked up."""
        self._waiting = 0

    async def take(self, arrivals: Sequence[Arrival]) -> None:
        """Folds a batch; what fails in it is parked as live work would park it.

        Raises Missing, Overtaken, DatabaseAway.
        """
        if self.checkpoint.parked or not self._waits:
            await self._leave(arrivals)
            return
        heads = {self.checkpoint.partition: copy_of(self.checkpoint)}
        fresh, gaps = take_next(self._view, heads, arrivals)
        if gaps:
            raise Missing(self._sentence(gaps, heads))
        found = self._touching(fresh)
        if found is not None:
            await self._load(found)
        if found is None or not self._fold(found):
            await self._leave(arrivals)
            return
        self.checkpoint = heads[self.checkpoint.partition]
        self._waiting += len(fresh)
        if len(self._rows) > MOST_ROWS or self._waiting > MOST_EVENTS:
            await self.write()

    async def write(self) -> None:
        """Writes rows and checkpoint in one transaction; raises Overtaken, DatabaseAway."""
        if not self._waiting:
            return
        partition = self.checkpoint.partition
        folded = {row_id: cell[0] for row_id, cell in self._rows.items()}
        applied = Applied({partition: self.checkpoint})
        ready = optimistic.Ready(self._view, {partition: self._written}, applied, [])
        with database_away():
            async with self._pool.acquire() as db, db.transaction():
                if not await optimistic.finish(db, [ready]):
                    raise Overtaken(
                        f"Another process has moved partition {partition} of {self._view.table_name}; "
                        "the same command goes on there."
                    )
                row_ids = iter(folded)
                while some := {row_id: folded[row_id] for row_id in islice(row_ids, ROWS_AT_ONCE)}:
                    await save(db, self._view, self._stored, Folded(some))
        self._written, self.checkpoint = self.checkpoint, copy_of(self.checkpoint)
        self._waiting = 0
        if len(self._rows) > MOST_ROWS or self._view.insert_only:
            self._forget()
        else:
            self._stored = folded

    def _touching(self, fresh: Sequence[Arrival]) -> list[tuple[RowId, Fact[Any]]] | None:
        """Each fact with each row that it touches; None where something cannot be taken."""
        view, found = self._view, []
        try:
            for arrival in fresh:
                fact = (arrival.opened or arrival.fact) if view.personal else arrival.fact
                if arrival.failure or (arrival.unopened and view.personal):
                    return None
                if fact is not None:
                    org_id, partition = fact.envelope.org_id, fact.partition
                    found += [((org_id, key, partition), fact) for key in keys_of(view, fact)]
        except Exception:  # of keys(); live work finds out whose, and parks it
            return None
        return found

    async def _load(self, found: Sequence[tuple[RowId, Fact[Any]]]) -> None:
        if self._whole or self._view.insert_only:
            return
        wanted = {row_id for row_id, _ in found} - self._rows.keys()
        with database_away():
            async with self._pool.acquire() as db:
                loaded = await rows.load(db, self._view, wanted)
        self._stored |= loaded
        self._rows |= {row_id: [row] for row_id, row in loaded.items()}

    def _fold(self, found: Sequence[tuple[RowId, Fact[Any]]]) -> bool:
        """Whether all went well; else every row is as it was."""
        fold, empty, known = self._view.fold, self._view.empty, self._rows
        before: list[tuple[list[R], R]] = []
        try:
            for row_id, fact in found:
                cell = known.get(row_id)
                if cell is None:
                    cell = known[row_id] = [empty(row_id[1])]
                row = cell[0]
                before.append((cell, row))
                cell[0] = fold(row, fact)
        except Exception:  # live work parks the one whose fold failed
            for cell, row in reversed(before):
                cell[0] = row
            return False
        return True

    async def _leave(self, arrivals: Sequence[Arrival]) -> None:
        """Has a batch taken as live work takes it, under a lock and with a place for what fails."""
        await self.write()
        applied = await apply(self._pool, self._view, arrivals)
        self._written = applied.checkpoints[self.checkpoint.partition]
        self.checkpoint = copy_of(self._written)
        self._forget()
        self._stored = {}

    def _sentence(self, gaps: set[Place], heads: Checkpoints) -> str:
        service, partition = min(gaps)
        position = heads[partition].head(service).position + 1
        return f"The topic of {service} lacks position {position} of partition {partition}."

    def _forget(self) -> None:
        self._rows, self._whole = {}, False
