"""Sees from inside the database when a view takes which position: a loop there costs next to nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import asyncpg

from kernel.view.view import View

TABLE = """
CREATE TEMPORARY TABLE watched (
    partition smallint, position bigint, seen_at timestamptz, PRIMARY KEY (partition, position))"""

# Each look is a transaction of its own: it sees what was committed before, and holds up no clean-up.
WATCH = """
DO $$
DECLARE until CONSTANT timestamptz := clock_timestamp() + interval '{seconds} seconds';
BEGIN
    WHILE clock_timestamp() < until LOOP
        INSERT INTO watched
        SELECT partition, (topics -> '{service}' ->> 'position')::bigint, clock_timestamp()
        FROM projections.checkpoint
        WHERE taker = '{taker}' AND topics ? '{service}'
        ON CONFLICT DO NOTHING;
        COMMIT;
        PERFORM pg_sleep(0.001);
    END LOOP;
END $$"""

SEEN = "SELECT partition, position, extract(epoch FROM seen_at)::float8 FROM watched ORDER BY position"


class Sightings:
    """When each partition of a view was first seen at which positions, by the clock, in seconds."""

    def __init__(self, rows: Mapping[int, list[tuple[int, float]]]) -> None:
        self._rows = rows

    def at(self, partition: int, position: int) -> float | None:
        """When the position was first seen to be reached; up to a millisecond late. None: never."""
        rows = self._rows.get(partition, [])
        found = bisect_left(rows, (position,))
        return rows[found][1] if found < len(rows) else None


async def watch(administrator: str, view: View[Any], service: str, seconds: float) -> Sightings:
    """Looks at the view's checkpoints every millisecond; `administrator` may make temporary tables."""
    connection = await asyncpg.connect(administrator, server_settings={"synchronous_commit": "off"})
    try:
        await connection.execute(TABLE)
        look = WATCH.format(seconds=seconds, service=service, taker=view.taker)
        await connection.execute(look)
        rows: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for partition, position, seen_at in await connection.fetch(SEEN):
            rows[partition].append((position, seen_at))
        return Sightings(rows)
    finally:
        await connection.close()
