"""One partition of a version on its way: folded in memory, written when it is much, resumed where it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

import asyncpg

from kernel.database import database_away
from kernel.taking.applied import Applied
from kernel.taking.arrivals import Arrival
from kernel.taking.checkpoints import Checkpoint, Checkpoints, Place, copy_of, take_next
from kernel.view import rows
from kernel.view.batch import optimistic
from kernel.view.batch.applying import apply
from kernel.view.batch.saving import changes
from kernel.view.batch.steps import Folded, fold, steps, touched
from kernel.view.view import R, RowId, View

MOST_ROWS = 10_000
"""Rows that wait in memory to be written."""
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
        self._rows: dict[RowId, R] = {}
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
        found = steps(self._view, fresh)
        await self._load(touched(found))
        folded = fold(self._view, found, self._rows, set())
        if folded.parked:
            await self._leave(arrivals)
            return
        self._rows, self.checkpoint = folded.rows, heads[self.checkpoint.partition]
        self._waiting += len(fresh)
        if len(self._rows) > MOST_ROWS or self._waiting > MOST_EVENTS:
            await self.write()

    async def write(self) -> None:
        """Writes rows and checkpoint in one transaction; raises Overtaken, DatabaseAway."""
        if not self._waiting:
            return
        partition = self.checkpoint.partition
        changed = changes(self._view, self._stored, Folded(self._rows))
        applied = Applied({partition: self.checkpoint})
        ready = optimistic.Ready(self._view, {partition: self._written}, applied, changed)
        with database_away():
            async with self._pool.acquire() as db:
                if not await optimistic.finish(db, [ready]):
                    raise Overtaken(f"{self._view.table_name}, partition {partition}")
        self._written, self.checkpoint = self.checkpoint, copy_of(self.checkpoint)
        self._waiting = 0
        if len(self._rows) > MOST_ROWS or self._view.insert_only:
            self._forget()
        self._stored = dict(self._rows)

    async def _load(self, wanted: set[RowId]) -> None:
        if self._whole or self._view.insert_only:
            return
        with database_away():
            async with self._pool.acquire() as db:
                found = await rows.load(db, self._view, wanted - self._rows.keys())
        self._stored |= found
        self._rows |= found

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
