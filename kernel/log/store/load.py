"""Streams as they are stored: what a command is decided on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kernel.log.store.append import StoredAnswer, StreamRef


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """One event of a stream, its personal part sealed."""

    event_id: UUID
    version: int
    type: str
    schema_version: int
    data: bytes
    personal: bytes | None
    occurred_at: datetime


class LoadedStream(msgspec.Struct, frozen=True):
    """A stream that exists, with its events after the version asked for, save those left out."""

    kind: str
    partition_key: UUID
    version: int
    partition: int
    position: int
    """Of its last event."""
    events: tuple[StoredEvent, ...]


class Loaded(msgspec.Struct, frozen=True):
    """The streams asked for, without those that do not exist, and the answer of the key if it has one."""

    streams: Mapping[StreamRef, LoadedStream]
    answer: StoredAnswer | None


# One statement is one snapshot, so a stream's row and its events agree. LATERAL with LIMIT or ORDER BY never
# becomes another kind of join: it is one index look-up for each stream asked for, however old the plan.
_EVENTS = """
SELECT asked.n, s.kind, s.partition_key, s.version AS last, e.*
FROM unnest($1::uuid[], $2::uuid[], $3::int[]) WITH ORDINALITY asked (org_id, stream_id, after, n)
CROSS JOIN LATERAL (
    SELECT s.kind, s.partition_key, s.version FROM stream s
    WHERE s.org_id = asked.org_id AND s.stream_id = asked.stream_id LIMIT 1
) s
CROSS JOIN LATERAL (
    SELECT e.version, e.event_id, e.type, e.schema_version, e.data, e.personal, e.occurred_at,
        e.partition, e.position
    FROM event e
    WHERE e.org_id = asked.org_id AND e.stream_id = asked.stream_id
        AND e.version >= least(asked.after + 1, s.version)
        AND (e.type <> ALL ($4::text[]) OR e.version = s.version)
    ORDER BY e.version
) e
"""

Asked = tuple[UUID, UUID, int]
"""Organisation, stream, and the version after which to read (0: all)."""


async def read_streams(
    connection: asyncpg.Connection, asked: Sequence[Asked], without: Sequence[str] = ()
) -> list[LoadedStream | None]:
    """Each stream asked for, or None where the organisation has no such stream.

    Events of the types `without` are left out, unless one is the stream's last.
    """
    rows: list[list[Any]] = [[] for _ in asked]
    columns = [list(column) for column in zip(*asked, strict=True)]
    for row in await connection.fetch(_EVENTS, *columns, without):
        rows[row[0] - 1].append(row)
    return [_stream(mine, after) if mine else None for mine, (_, _, after) in zip(rows, asked, strict=True)]


def _stream(rows: Sequence[Any], after: int) -> LoadedStream:
    _, kind, partition_key, last, *_, partition, position = rows[-1]
    events = tuple(_event(row) for row in rows if row["version"] > after)
    return LoadedStream(kind, partition_key, last, partition, position, events)


def _event(row: Any) -> StoredEvent:
    _, _, _, _, version, event_id, type_, schema_version, data, personal, occurred_at, _, _ = row
    return StoredEvent(event_id, version, type_, schema_version, data, personal, occurred_at)
