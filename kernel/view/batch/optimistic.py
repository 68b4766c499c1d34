"""A batch in two round trips: load, then one statement that holds only if nobody else moved the checkpoints.

Whoever moves a checkpoint writes its rows in the same transaction. So when the checkpoints are
found where they were expected, under their locks, the rows loaded before are still as they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from kernel.failpoints import failpoint
from kernel.taking.applied import Applied, places_of
from kernel.taking.arrivals import Arrival
from kernel.taking.checkpoints import Checkpoint, Checkpoints, copy_of, take_next, topics_text
from kernel.view import rows
from kernel.view.batch.saving import changes
from kernel.view.batch.statement import Statement, together
from kernel.view.batch.steps import fold, steps, touched
from kernel.view.view import View

# Locked in the order of the arrays, which is ascending: the function scan is the outer side of the join.
ADVANCE = """
UPDATE checkpoint c SET topics = n.topics::jsonb
FROM unnest($1::text[], $2::smallint[], $3::text[], $4::text[]) AS n (taker, partition, topics, expected)
WHERE c.taker = n.taker AND c.partition = n.partition
    AND c.topics = n.expected::jsonb AND c.parked = 0
RETURNING 1"""

# The commit need not wait for the disk: a crash of the database sets a view back along with its checkpoint,
# and the worker reads on from there.
ALL_OR_NOTHING = """
SELECT 1 / (count(*) = cardinality($2::smallint[]))::int, set_config('synchronous_commit', 'off', true)
FROM first"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A batch folded for one view: what it changes, and where the checkpoints must be for that to hold."""

    view: View[Any]
    before: dict[int, Checkpoint]
    applied: Applied
    changes: list[Statement]


async def prepare(
    db: asyncpg.Connection, view: View[Any], arrivals: Sequence[Arrival], expected: Checkpoints
) -> Ready | None:
    """Loads and folds; None where the batch needs the checkpoints locked first."""
    partitions = sorted({arrival.partition for arrival in arrivals})
    before = {partition: expected[partition] for partition in partitions if partition in expected}
    if len(before) < len(partitions) or any(checkpoint.parked for checkpoint in before.values()):
        return None
    heads = {partition: copy_of(checkpoint) for partition, checkpoint in before.items()}
    fresh, gaps = take_next(view, heads, arrivals)
    found = steps(view, fresh)
    loaded = {} if view.insert_only else await rows.load(db, view, touched(found))
    folded = fold(view, found, loaded, set())
    if folded.parked:
        return None
    applied = Applied(heads, places_of(fresh), gaps, folded.applied)
    return Ready(view, before, applied, changes(view, loaded, folded))


async def finish(db: asyncpg.Connection, batches: Sequence[Ready]) -> bool:
    """Writes a batch for one view or several; False, with nothing changed, where others were quicker."""
    statements = [statement for batch in batches for statement in batch.changes]
    whole = together(statements, _advance(batches), ALL_OR_NOTHING)
    failpoint("view.folded")
    try:
        await db.execute(whole.sql, *whole.parameters)
    except asyncpg.DivisionByZeroError:
        return False
    failpoint("view.committed")
    return True


def _advance(batches: Sequence[Ready]) -> Statement:
    lines = [
        (
            batch.view.taker,
            partition,
            topics_text(batch.applied.checkpoints[partition]),
            topics_text(before),
        )
        for batch in sorted(batches, key=lambda batch: batch.view.taker)
        for partition, before in batch.before.items()
    ]
    return Statement(ADVANCE, [list(column) for column in zip(*lines, strict=True)])
