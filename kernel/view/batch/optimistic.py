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
from kernel.taking.parking import parking
from kernel.view import rows
from kernel.view.batch.saving import changes
from kernel.view.batch.statement import Statement, together
from kernel.view.batch.steps import fold, steps, touched
from kernel.view.view import View

# Locked in the order of the arrays, which is ascending: the function scan is the outer side of the join.
ADVANCE = """
UPDATE checkpoint c SET topics = n.topics::jsonb, parked = n.parked
FROM unnest($1::text[], $2::smallint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[])
    AS n (taker, partition, topics, parked, before, parked_before)
WHERE c.taker = n.taker AND c.partition = n.partition
    AND c.topics = n.before::jsonb AND c.parked = n.parked_before
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
    """Loads and folds; None where it is not known where the checkpoints are.

    What is parked is as it was found if the checkpoints are: whatever changes it moves them.
    """
    partitions = sorted({arrival.partition for arrival in arrivals})
    before = {partition: expected[partition] for partition in partitions if partition in expected}
    if len(before) < len(partitions):
        return None
    heads = {partition: copy_of(checkpoint) for partition, checkpoint in before.items()}
    fresh, gaps = take_next(view, heads, arrivals)
    found = steps(view, fresh)
    loaded = {} if view.insert_only else await rows.load(db, view, touched(found))
    folded = fold(view, found, loaded, await parking.blocked(db, view, before, fresh))
    statements = changes(view, loaded, folded)
    statements += [Statement(*each) for each in parking.parking(view, heads, folded.parked)]
    applied = Applied(heads, places_of(fresh), gaps, folded.applied, len(folded.parked))
    return Ready(view, before, applied, statements)


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
        (batch.view.taker, partition, topics_text(now), now.parked, topics_text(before), before.parked)
        for batch in sorted(batches, key=lambda batch: batch.view.taker)
        for partition, before in batch.before.items()
        for now in [batch.applied.checkpoints[partition]]
    ]
    return Statement(ADVANCE, [list(column) for column in zip(*lines, strict=True)])
