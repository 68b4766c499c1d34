"""What is parked and what was dropped, as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kernel.log.envelope import Envelope, read
from kernel.taking.parking.parking import BEHIND
from ops.errors import CannotRun
from ops.parking import commands
from ops.parking.commands import Line, numbered
from ops.parking.keepers import Keeper
from ops.parking.numbers import Number

COLUMNS = (
    "seq, taker, service, org_id, stream_id, partition, position, topic_offset, reason, parked_at, value"
)

# A stream has one line, that of its first event; a record that is no event has its own.
HEADS = f"""
SELECT {COLUMNS}, behind FROM (
    SELECT {COLUMNS},
        row_number() OVER (stream ORDER BY seq) AS place, count(*) OVER stream - 1 AS behind
    FROM parked WHERE taker = ANY($1::text[])
    WINDOW stream AS (
        PARTITION BY taker, service, org_id, stream_id, CASE WHEN stream_id IS NULL THEN seq END)
) found WHERE place = 1 ORDER BY seq LIMIT $2"""

STREAM = f"""
SELECT {COLUMNS}, NULL AS behind FROM parked
WHERE taker = ANY($1::text[]) AND stream_id = $3 ORDER BY seq LIMIT $2"""

COUNTS = "SELECT taker, count(*) FROM parked WHERE taker = ANY($1::text[]) GROUP BY taker"

DROPPED = """
SELECT seq, taker, service, org_id AS org, stream_id AS stream, partition, position, event_id AS event, type,
    parked_for, parked_at, reason, dropped_by, dropped_at, ended
FROM dropped WHERE taker = ANY($1::text[]) OR $2 ORDER BY dropped_at, seq LIMIT $3"""

FREE = "waits to be tried: what it waited behind was taken or dropped"


def schemas(keepers: Iterable[Keeper]) -> dict[str, tuple[asyncpg.Pool, list[Keeper]]]:
    """The keepers by the schema in which they keep."""
    found: dict[str, tuple[asyncpg.Pool, list[Keeper]]] = {}
    for one in keepers:
        found.setdefault(one.where, (one.db, []))[1].append(one)
    return found


async def parked(keepers: Sequence[Keeper], stream: UUID | None, limit: int) -> dict[str, Any]:
    """`count` by taker, and the first event of each stream, or every one of one; and commands."""
    count: dict[str, int] = {}
    events: list[Line] = []
    sent: list[Line] = []
    for where, (db, takers) in schemas(keepers).items():
        names = [one.name for one in takers]
        count |= dict(await db.fetch(COUNTS, names))
        asked = (HEADS, names, limit) if stream is None else (STREAM, names, limit, stream)
        events += [event(where, row) for row in await db.fetch(*asked)]
        counts, lines = await commands.parked(takers, stream, limit)
        for name, more in counts.items():
            count[name] = count.get(name, 0) + more
        sent += lines
    return {"count": count, "events": events, "commands": sent}


async def dropped(keepers: Sequence[Keeper], every: bool, limit: int) -> dict[str, Any]:
    """The record of what was dropped, with `every` also by versions that are gone."""
    lines: list[Line] = []
    sent: list[Line] = []
    for where, (db, takers) in schemas(keepers).items():
        rows = await db.fetch(DROPPED, [one.name for one in takers], every, limit)
        lines += [numbered(Number(where, row["seq"]), row) for row in rows]
        sent += await commands.dropped(takers, every, limit)
    return {"dropped": lines, "commands": sent}


async def one(keepers: Sequence[Keeper], number: Number) -> tuple[Keeper, asyncpg.Record]:
    """Who keeps it, and its row; raises CannotRun."""
    for where, (db, takers) in schemas(keepers).items():
        if where == number.where:
            row = await db.fetchrow("SELECT * FROM parked WHERE seq = $1", number.seq)
            for keeper in takers:
                if row is not None and keeper.name == row["taker"]:
                    return keeper, row
    raise CannotRun(f"nothing parked has the number {number}: `./rapport parked` lists what is.")


def event(where: str, row: asyncpg.Record) -> Line:
    """One parked event, without what it says."""
    envelope = envelope_of(row["value"])
    head = row["behind"] is not None
    return {
        "number": str(Number(where, row["seq"])),
        "taker": row["taker"],
        "service": row["service"],
        "org": row["org_id"],
        "stream": row["stream_id"],
        "partition": row["partition"],
        "position": row["position"],
        "offset": row["topic_offset"],
        "event": envelope and envelope.event_id,
        "type": envelope and envelope.type,
        "reason": FREE if head and row["reason"] == BEHIND.reason else row["reason"],
        "parked_at": row["parked_at"],
        **({"behind": row["behind"]} if head else {}),
    }


def envelope_of(value: bytes) -> Envelope | None:
    """None for what is no event."""
    try:
        return read(value)
    except msgspec.MsgspecError:
        return None
