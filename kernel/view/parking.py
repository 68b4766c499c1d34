"""What a view could not take: parked with the reason, and everything behind it in its stream."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import asyncpg

from kernel.view.arrivals import Arrival, Failure
from kernel.view.fact import Stream
from kernel.view.view import View

BLOCKED = """
SELECT DISTINCT p.service, p.org_id, p.stream_id
FROM unnest($3::text[], $4::uuid[], $5::uuid[]) AS n (service, org_id, stream_id)
JOIN parked p ON p.view = $1 AND p.number = $2
    AND p.org_id = n.org_id AND p.stream_id = n.stream_id AND p.service = n.service"""

PARK = """
INSERT INTO parked (
    view, number, partition, service, org_id, stream_id, position, topic_offset, value, reason, frames)
SELECT $1, $2, n.* FROM unnest($3::smallint[], $4::text[], $5::uuid[], $6::uuid[], $7::bigint[], $8::bigint[],
    $9::bytea[], $10::text[], $11::text[]) AS n"""

REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    OverflowError,
    UnicodeEncodeError,
)
"""What the database, or the way to it, raises for a value that it will never take."""

BEHIND = Failure("waits behind a parked event of its stream")

Parked = list[tuple[Arrival, Failure]]


def stream_of(arrival: Arrival) -> Stream | None:
    """The stream in which others wait behind it; None for what is no event."""
    envelope = arrival.envelope
    return None if envelope is None else (arrival.service, envelope.org_id, envelope.stream_id)


async def blocked(db: asyncpg.Connection, view: View[Any], arrivals: Collection[Arrival]) -> set[Stream]:
    """The streams among these of which something is parked already."""
    streams = {stream for arrival in arrivals if (stream := stream_of(arrival))}
    if not streams:
        return set()
    arrays = [list(part) for part in zip(*streams, strict=True)]
    rows = await db.fetch(BLOCKED, view.name, view.number, *arrays)
    return {(row["service"], row["org_id"], row["stream_id"]) for row in rows}


async def park(db: asyncpg.Connection, view: View[Any], parked: Parked) -> None:
    """Sets records aside, in their order."""
    if parked:
        arrays = [list(part) for part in zip(*map(line, parked), strict=True)]
        await db.execute(PARK, view.name, view.number, *arrays)


def line(found: tuple[Arrival, Failure]) -> Sequence[Any]:
    """Partition, service, organisation, stream, position, offset, value, reason, frames."""
    arrival, failure = found
    _, org_id, stream_id = stream_of(arrival) or ("", None, None)
    return (
        arrival.partition,
        arrival.service,
        org_id,
        stream_id,
        arrival.position or None,
        arrival.offset,
        arrival.raw,
        failure.reason,
        "\n".join(failure.frames),
    )
