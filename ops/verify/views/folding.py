"""The fold of the log, made anew in memory: one partition of several views, up to the positions asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from kernel.log.envelope import write
from kernel.log.reader import read_partition
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint
from kernel.taking.fact import Fact
from kernel.taking.opening import open_personal
from kernel.vault.vault import Vault
from kernel.view.folding import fold_into, keys_of
from kernel.view.view import RowId, View

PAGE = 500

ServicePosition = tuple[str, int]
"""The partition goes without saying."""


class Fold:
    """One view's rows so far, without what the view itself has parked."""

    def __init__(self, view: View[Any], parked: frozenset[ServicePosition]) -> None:
        self.view, self.parked = view, parked
        self.rows: dict[RowId, Any] = {}
        self.done: dict[str, int] = dict.fromkeys(view.services, 0)
        self.failed: list[tuple[UUID, str]] = []
        """Events that it could not take, and the kind of error."""

    def take(self, arrival: Arrival) -> None:
        """Folds an event, if it is one that the view reads."""
        at = arrival.service, arrival.position
        if arrival.envelope is None or arrival.envelope.type not in self.view.types or at in self.parked:
            return
        try:
            fact = fact_of(self.view, arrival)
            fold_into(self.view, self.rows, fact, keys_of(self.view, fact))
        except Exception as error:  # a fold never fails on a valid event; here it is told instead of raised
            self.failed.append((arrival.envelope.event_id, type(error).__name__))

    def kept(self) -> dict[RowId, Any]:
        """The rows that the view must have; an empty row is none."""
        return {row_id: row for row_id, row in self.rows.items() if row != self.view.empty(row_id[1])}


class Unreadable(Exception):
    """An event that the view reads and that cannot be decoded or opened."""


def fact_of(view: View[Any], arrival: Arrival) -> Fact[Any]:
    """What the view is handed; raises Unreadable."""
    failure = arrival.failure or (arrival.unopened if view.personal else None)
    fact = (arrival.opened or arrival.fact) if view.personal else arrival.fact
    if fact is None or failure is not None:
        raise Unreadable
    return fact


class Log:
    """The events of one partition, as views read them."""

    def __init__(
        self,
        tables: Mapping[str, asyncpg.Pool],
        vault: Vault | None,
        views: Sequence[View[Any]],
        partition: int,
    ) -> None:
        self._tables, self._vault, self._partition = tables, vault, partition
        self._reading = Reading(views)

    async def advance(self, folds: Collection[Fold], to: Mapping[str, Checkpoint]) -> None:
        """Folds on, each view up to the positions of its checkpoint (by table name)."""
        for service in self._tables:
            mine = [fold for fold in folds if service in fold.view.services]
            ends = {id(fold): to[fold.view.table_name].head(service).position for fold in mine}
            after = min((fold.done[service] for fold in mine), default=0)
            async for page in self.events(service, after, max(ends.values(), default=0)):
                for arrival in page:
                    for fold in mine:
                        if fold.done[service] < arrival.position <= ends[id(fold)]:
                            fold.take(arrival)
            for fold in mine:
                fold.done[service] = max(fold.done[service], ends[id(fold)])

    async def events(self, service: str, after: int, last: int) -> AsyncIterator[list[Arrival]]:
        """The events after one position up to another, opened as views need them, a page at a time."""
        while after < last:
            found = await read_partition(self._tables[service], service, self._partition, after, PAGE)
            page = [
                self._reading.read(service, 0, self._partition, -1, write(fact))
                for position, fact in found
                if position <= last
            ]
            if not page:
                return
            if self._vault is not None:
                await open_personal(self._vault, self._reading.personal, page)
            yield page
            after = found[-1][0]

    async def behind(
        self, view: View[Any], head: Checkpoint, wanted: Collection[RowId]
    ) -> dict[RowId, list[Arrival]]:
        """The events up to this checkpoint that touched these rows, of each service in order."""
        found: dict[RowId, list[Arrival]] = {row_id: [] for row_id in wanted}
        for service in sorted(view.services) if found else ():
            async for page in self.events(service, 0, head.head(service).position):
                for arrival in page:
                    for row_id in _touched(view, arrival):
                        if row_id in found:
                            found[row_id].append(arrival)
        return found


def _touched(view: View[Any], arrival: Arrival) -> list[RowId]:
    if arrival.envelope is None or arrival.envelope.type not in view.types:
        return []
    try:
        fact = fact_of(view, arrival)
        return [(fact.org_id, key, fact.partition) for key in keys_of(view, fact)]
    except Exception:  # told where it stands, as parked or unfoldable
        return []
