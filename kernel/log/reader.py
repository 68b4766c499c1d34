"""Recorded events in the order of a partition, as the envelopes in which they travel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kernel.log.envelope import Envelope, schema_name, sealed_text, sequence

COLUMNS = (
    "position, org_id, stream_id, version, event_id, type, schema_version, data, personal, partition_key, "
    "actor, correlation_id, causation_id, trace, origin, occurred_at, recorded_at"
)
"""What `envelope_of` needs of a row of the event table."""

_READ = f"SELECT {COLUMNS} FROM event WHERE partition = $1 AND position > $2 ORDER BY position LIMIT $3"


# None for an id that is not known: the position alone then tells.
_HELD = """
SELECT n.partition, n.position, n.event_id
FROM unnest($1::smallint[], $2::bigint[], $3::uuid[]) n (partition, position, event_id)
JOIN event e ON e.partition = n.partition AND e.position = n.position
    AND e.event_id = coalesce(n.event_id, e.event_id)
"""


async def held(
    db: asyncpg.Pool, events: Iterable[tuple[int, int, UUID | None]]
) -> set[tuple[int, int, UUID | None]]:
    """Which of these the log holds where they are said to be: partition, position, id."""
    columns = [list(column) for column in zip(*events, strict=True)]
    return {tuple(row) for row in await db.fetch(_HELD, *columns)} if columns else set()


async def read_partition(
    connection: asyncpg.Connection, service: str, partition: int, after: int, limit: int
) -> list[tuple[int, Envelope]]:
    """Up to `limit` events that follow position `after`, each with its position; none is ever skipped."""
    rows = await connection.fetch(_READ, partition, after, limit)
    return [(row["position"], envelope_of(service, row)) for row in rows]


def envelope_of(service: str, row: Any) -> Envelope:
    """The one way in which a stored event becomes what travels; a row gives the same bytes each time."""
    org_id: UUID = row["org_id"]
    name: str = row["type"]
    return Envelope(
        event_id=row["event_id"],
        source=f"/orgs/{org_id}/{service}",
        type=f"crm.{service}.{name}",
        stream_id=row["stream_id"],
        occurred_at=row["occurred_at"],
        dataschema=schema_name(service, name, row["schema_version"]),
        datacontenttype="application/json",
        position_text=sequence(row["position"]),
        version=row["version"],
        partition_key_text=str(row["partition_key"]),
        org_id=org_id,
        actor=row["actor"],
        correlation_text=str(row["correlation_id"]),
        causation_text=row["causation_id"] and str(row["causation_id"]),
        origin=row["origin"],
        recorded_at=row["recorded_at"],
        trace=row["trace"],
        sealed=sealed_text(row["personal"]),
        data=msgspec.Raw(row["data"]),
    )
