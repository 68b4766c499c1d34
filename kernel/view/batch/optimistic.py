"""A batch in two round trips: load, then one statement that holds only if nobody else moved the checkpoints.

Whoever moves a checkpoint writes its rows in the same transaction. So when the checkpoints are
found where they were expected, under their locks, the rows loaded before are still as they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from kernel.failpoints import failpoint
from kernel.view import rows
from kernel.view.arrivals import Arrival
from kernel.view.batch.applied import Applied, places_of
from kernel.view.batch.saving import changes
from kernel.view.batch.statement import Statement, together
from kernel.view.batch.steps import fold, steps, touched
from kernel.view.checkpoints import Checkpoints, copy_of, take_next, topics_text
from kernel.view.view import View

# Locked in the order of the arrays, which is ascending: the function scan is the outer side of the join.
ADVANCE = """
UPDATE checkpoint c SET topics = n.topics::jsonb
FROM unnest($3::smallint[], $4::text[], $5::text[]) AS n (partition, topics, expected)
WHERE c.view = $1 AND c.number = $2 AND c.partition = n.partition
    AND c.topics = n.expected::jsonb AND c.parked = 0
RETURNING 1"""

# The commit need not wait for the disk: a crash of the database sets a view back along with its checkpoint,
# and the worker reads on from there.
ALL_OR_NOTHING = """
SELECT 1 / (count(*) = cardinality($3::smallint[]))::int, set_config('synchronous_commit', 'off', true)
FROM first"""


async def take(
    db: asyncpg.Connection, view: View[Any], arrivals: Sequence[Arrival], expected: Checkpoints
) -> Applied | None:
    """Takes the batch; None, with nothing changed, where it needs the checkpoints locked first."""
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
    whole = together(changes(view, loaded, folded), _advance(view, before, heads), ALL_OR_NOTHING)
    failpoint("view.folded")
    try:
        await db.execute(whole.sql, *whole.parameters)
    except asyncpg.DivisionByZeroError:
        return None
    failpoint("view.committed")
    return Applied(heads, places_of(fresh), gaps, folded.applied)


def _advance(view: View[Any], before: Checkpoints, heads: Checkpoints) -> Statement:
    texts = [[topics_text(found[partition]) for partition in before] for found in (heads, before)]
    return Statement(ADVANCE, [view.name, view.number, list(before), *texts])
