"""What the oracle asks a service's schema, in statements that each see one moment."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from kernel.log.relay.marks import read_marks
from ops.verify.report import Report
from ops.verify.topic.comparison import Late

COUNTERS = "SELECT partition, last FROM counter"

LOCATIONS = "SELECT event_id, partition, position FROM event WHERE event_id = ANY ($1::uuid[])"

# A stream's head, its newest event and the number of its events are one number.
STREAMS = """
SELECT org_id, stream_id, s.version AS head, e.newest, e.events
FROM stream s
FULL JOIN (SELECT org_id, stream_id, max(version) AS newest, count(*) AS events FROM event GROUP BY 1, 2) e
    USING (org_id, stream_id)
WHERE s.version IS DISTINCT FROM e.newest OR e.events <> e.newest"""

INVERSIONS = """
SELECT org_id, stream_id, version, partition, position, event_id
FROM (
    SELECT *, lag(position) OVER versions AS before, lag(partition) OVER versions AS beside
    FROM event
    WINDOW versions AS (PARTITION BY org_id, stream_id ORDER BY version)
) e
WHERE before > position OR beside <> partition"""

TIME_INVERSIONS = """
SELECT partition, position, event_id, recorded_at
FROM (
    SELECT partition, position, event_id, recorded_at, lag(recorded_at) OVER positions AS before
    FROM event
    WINDOW positions AS (PARTITION BY partition ORDER BY position)
) e
WHERE before > recorded_at"""

OVERTAKEN = """
SELECT l.org_id, l.stream_id, l.version, l.position
FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::bigint[], $6::bigint[])
    AS l (org_id, stream_id, version, position, highest)
WHERE EXISTS (
    SELECT FROM event e
    WHERE e.org_id = l.org_id AND e.stream_id = l.stream_id AND e.version > l.version
        AND e.partition = $1 AND e.position <= l.highest)"""

SHARED = "SELECT event_id FROM event GROUP BY event_id HAVING count(*) > 1"


# An answer names its streams with their first and last version; where nothing was written, first is last + 1.
ANSWERS = """
SELECT s.id, s.first, s.last, count(e.version) AS there
FROM answer a
CROSS JOIN LATERAL json_to_recordset(a.streams) AS s (id uuid, first int, last int)
LEFT JOIN event e ON e.org_id = a.org_id AND e.stream_id = s.id
    AND e.version BETWEEN least(s.first, s.last) AND s.last
WHERE s.last > 0
GROUP BY a.org_id, a.caller, a.key, s.id, s.first, s.last
HAVING count(e.version) < s.last - least(s.first, s.last) + 1"""


async def positions(db: asyncpg.Pool) -> dict[int, int]:
    """The last position of each partition; up to it the event table never changes again."""
    return {row["partition"]: row["last"] for row in await db.fetch(COUNTERS)}


async def marks(db: asyncpg.Pool) -> tuple[int, dict[int, int]]:
    """The topic's generation, and how far each partition was published."""
    found = await read_marks(db)
    return max(mark.generation for mark in found), {mark.partition: mark.position for mark in found}


async def locations(db: asyncpg.Pool, event_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """The (partition, position) of the events that the table has."""
    rows = await db.fetch(LOCATIONS, event_ids) if event_ids else []
    return {row["event_id"]: (row["partition"], row["position"]) for row in rows}


async def check_streams(db: asyncpg.Pool, report: Report) -> None:
    """Versions without an event, events out of order by version or by time, ids that two events share."""
    for row in await db.fetch(STREAMS):
        report.add(
            "gaps",
            org=str(row["org_id"]),
            stream=str(row["stream_id"]),
            head=row["head"],
            newest=row["newest"],
            events=row["events"],
        )
    for row in await db.fetch(INVERSIONS):
        report.add(
            "inversions",
            partition=row["partition"],
            position=row["position"],
            event=str(row["event_id"]),
            stream=str(row["stream_id"]),
            version=row["version"],
        )
    for row in await db.fetch(TIME_INVERSIONS):
        report.add(
            "time_inversions",
            partition=row["partition"],
            position=row["position"],
            event=str(row["event_id"]),
            recorded=row["recorded_at"].isoformat(),
        )
    for row in await db.fetch(SHARED):
        report.add("duplicates", event=str(row["event_id"]))


async def check_answers(db: asyncpg.Pool, report: Report) -> None:
    """Stored answers that name events which are not there."""
    report.figures["answers"] = await db.fetchval("SELECT count(*) FROM answer")
    for row in await db.fetch(ANSWERS):
        report.add(
            "answers_without_events",
            stream=str(row["id"]),
            first=row["first"],
            last=row["last"],
            there=row["there"],
        )


async def check_late(db: asyncpg.Pool, report: Report, partition: int, late: Sequence[Late]) -> None:
    """Records that came after a later event of their own stream."""
    if not late:
        return
    columns = list(zip(*late, strict=True))
    for row in await db.fetch(OVERTAKEN, partition, *columns):
        report.add(
            "inversions",
            partition=partition,
            position=row["position"],
            stream=str(row["stream_id"]),
            version=row["version"],
        )
