"""Two versions of a view, row by row, each partition at a moment at which both have taken the same events.

Versions of different folds are compared in the columns that both have; with a row, what it can be found by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import asyncpg

from kernel.log.partitions import PARTITIONS
from kernel.taking import checkpoints
from kernel.taking.checkpoints import Checkpoint
from kernel.view import rows
from kernel.view.tables import terms_table
from kernel.view.view import RowId, View
from ops.advance import Advance, Say
from ops.errors import CannotRun
from ops.verify.views.showing import shown, shown_key

MOST_SHOWN = 20
SECONDS_BETWEEN_LOOKS = 0.05
SECONDS_TO_MEET = 30.0

COUNTS = ("alike", "different", "only_here", "only_there")
"""Rows; `here` is the version that is read."""

COUNT = """
SELECT count(*) FILTER (WHERE here AND there AND alike) AS alike,
    count(*) FILTER (WHERE here AND there AND NOT alike) AS different,
    count(*) FILTER (WHERE NOT there) AS only_here, count(*) FILTER (WHERE NOT here) AS only_there
FROM ({pairs}) pairs"""

FIRST = "SELECT * FROM ({pairs}) pairs WHERE NOT (here AND there AND alike) LIMIT $2"

PAIRS = """
SELECT {key}, a.org_id IS NOT NULL AS here, b.org_id IS NOT NULL AS there, {alike} AS alike,
    a.terms AS terms_here, b.terms AS terms_there
FROM ({a}) a FULL JOIN ({b}) b USING (org_id, {names})"""

ROWS = "SELECT *, NULL::text[] AS terms FROM {table} WHERE partition = $1"

WITH_TERMS = """
SELECT * FROM {table} LEFT JOIN (
    SELECT org_id, {names}, array_agg(kind || ' ' || term ORDER BY kind, term) AS terms
    FROM {terms} WHERE partition = $1 GROUP BY org_id, {names}) found USING (org_id, {names})
WHERE partition = $1"""


class Found(NamedTuple):
    """A row that differs, and the checkpoint at which both versions were compared."""

    view: View[Any]
    """One of the two that have the row."""
    row_id: RowId
    head: Checkpoint


@dataclass
class Comparison:
    """What was found: rows, and the first that differ with both values.

    `left_out`: columns that only one of the two has.
    """

    left_out: list[str]
    alike: int = 0
    different: int = 0
    only_here: int = 0
    only_there: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    """Where each of the first stands in the log."""

    @property
    def same(self) -> bool:
        return not (self.different or self.only_here or self.only_there)


async def compare(db: asyncpg.Pool, here: View[Any], there: View[Any], say: Say) -> Comparison:
    """Every row of two versions. Raises CannotRun."""
    advance = Advance(f"{there.table_name} compared with {here.table_name}", say, "partitions")
    comparison = Comparison(sorted({*_cells(here)} ^ {*_cells(there)}))
    for partition in range(PARTITIONS):
        advance.now_and_then(partition, PARTITIONS)
        await _meet(db, here, there, partition, comparison)
    return comparison


async def _meet(
    db: asyncpg.Pool, here: View[Any], there: View[Any], partition: int, comparison: Comparison
) -> None:
    """Looks until one snapshot shows both at the same positions."""
    until = asyncio.get_running_loop().time() + SECONDS_TO_MEET
    while not await _compared(db, here, there, partition, comparison):
        if asyncio.get_running_loop().time() > until:
            raise CannotRun(
                f"{here.table_name} and {there.table_name} did not come to the same event of partition "
                f"{partition} within {SECONDS_TO_MEET:.0f} s: is the worker running, and not behind?"
            )
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


async def _compared(
    pool: asyncpg.Pool, here: View[Any], there: View[Any], partition: int, comparison: Comparison
) -> bool:
    async with pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        found = await checkpoints.every(db, [here, there])
        head, common = found[here.taker][partition], here.services & there.services
        if positions(head, common) != positions(found[there.taker][partition], common):
            return False
        pairs = _pairs(here, there)
        counted = await db.fetchrow(COUNT.format(pairs=pairs), partition)
        for name in COUNTS:
            setattr(comparison, name, getattr(comparison, name) + counted[name])
        room = MOST_SHOWN - len(comparison.first)
        if room and counted["alike"] < sum(counted):
            for record in await db.fetch(FIRST.format(pairs=pairs), partition, room):
                await _tell(db, here, there, head, record, comparison)
    return True


def positions(checkpoint: Checkpoint, services: Collection[str]) -> dict[str, tuple[int, int]]:
    """How far it is in these services' logs, whatever records it was that brought it there."""
    return {
        name: (head.generation, head.position)
        for name, head in checkpoint.heads.items()
        if head.position and name in services
    }


def _cells(view: View[Any]) -> list[str]:
    return [column.name for column in view.columns[len(view.key) :]]


def _pairs(here: View[Any], there: View[Any]) -> str:
    names = ", ".join(here.key)
    cells = [name for name in _cells(here) if name in _cells(there)]
    same = [f"a.{name}::text IS NOT DISTINCT FROM b.{name}::text" for name in cells]
    rows = WITH_TERMS if here.terms and there.terms else ROWS
    a, b = (
        rows.format(table=view.table_name, terms=terms_table(view), names=names) for view in (here, there)
    )
    alike = " AND ".join([*same, "a.terms IS NOT DISTINCT FROM b.terms"])
    return PAIRS.format(key=f"org_id, {names}", names=names, alike=alike, a=a, b=b)


async def _tell(
    db: asyncpg.Connection,
    here: View[Any],
    there: View[Any],
    head: Checkpoint,
    pair: asyncpg.Record,
    comparison: Comparison,
) -> None:
    """Which row it is, and the cells that differ; personal values as digests."""
    org_id, *key = list(pair.values())[: 1 + len(here.key)]
    row_id = org_id, tuple(key), head.partition
    one, other = [(await rows.load(db, view, [row_id])).get(row_id) for view in (here, there)]
    fault = "only_there" if one is None else "only_here" if other is None else "different"
    told: dict[str, Any] = {"fault": fault, "row": shown_key(here, org_id, tuple(key))}
    told["partition"] = head.partition
    if one is not None and other is not None:
        told["columns"] = [
            {
                "column": name,
                "here": shown(here, getattr(one, name)),
                "there": shown(there, getattr(other, name)),
            }
            for name in _cells(here)
            if name in _cells(there) and getattr(one, name) != getattr(other, name)
        ]
        if pair["terms_here"] != pair["terms_there"]:
            found_by = {side: shown(here, pair[f"terms_{side}"]) for side in ("here", "there")}
            told["columns"].append({"column": "terms", **found_by})
    comparison.first.append(told)
    comparison.found.append(Found(here if other is None else there, row_id, head))
