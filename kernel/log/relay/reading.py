"""What each partition holds after what was sent: one query for all of them, bounded in rows and bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import asyncpg

from kernel.database import database_away
from kernel.log.reader import COLUMNS, envelope_of
from kernel.log.relay.publisher import Run

MOST_ROWS = 500
MOST_BYTES = 512 * 1024
"""Of one partition in one read, the last event beyond it included."""

# Positions have no gaps, so a range bounds the rows whatever the plan; under a LIMIT a plan made for an empty
# table sorts the whole backlog at every read. They are put in order afterwards; here it would need the disk.
READ = f"""
SELECT wanted.partition, found.*
FROM unnest($1::smallint[], $2::bigint[]) wanted(partition, after)
CROSS JOIN LATERAL (
    SELECT {COLUMNS},
           sum(octet_length(data) + coalesce(octet_length(personal), 0)) OVER
               (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM event
    WHERE event.partition = wanted.partition
      AND event.position > wanted.after AND event.position <= wanted.after + {MOST_ROWS}
) found
WHERE coalesce(found.bytes_before, 0) < {MOST_BYTES}
"""

PLACE = itemgetter("partition", "position")


class Gap(Exception):
    """The store lacks a position that it must hold; publishing past it would hide the loss."""


async def read_runs(pool: asyncpg.Pool, service: str, generation: int, after: Mapping[int, int]) -> list[Run]:
    """The run that follows the position of each partition in `after`; a partition without news gives none."""
    with database_away():
        rows = await pool.fetch(READ, list(after), list(after.values()))
    return [
        _run(service, generation, partition, after[partition], list(found))
        for partition, found in groupby(sorted(rows, key=PLACE), itemgetter("partition"))
    ]


def _run(service: str, generation: int, partition: int, after: int, rows: Sequence[Any]) -> Run:
    for position, row in enumerate(rows, after + 1):
        if row["position"] != position:
            raise Gap(f"The store lacks position {position} of partition {partition}.")
    return Run(partition, generation, [envelope_of(service, row) for row in rows])
