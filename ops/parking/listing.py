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

RECORD = "format('%s.%s.g%s/%s/%s', $3::text, service, generation, partition, topic_offset)"
"""Where it lies, a stranger's record too: topic, partition and offset, as `crm.contacts.g1/3/17`."""

COLUMNS = f"""
seq, taker, service, org_id, stream_id, partition, position, topic_offset, {RECORD} AS record, reason,
parked_at, value"""

# A stream has one line, that of its first event; a record that is no event has its own.
HEADS = f"""
SELECT * FROM (
    SELECT {COLUMNS},
        row_number() OVER (stream ORDER BY seq) AS place, count(*) OVER stream - 1 AS behind
    FROM parked WHERE taker = ANY($1::text[])
    WINDOW stream AS (
        PARTITION BY taker, service, org_id, stream_id, CASE WHEN stream_id IS NULL THEN seq END)
) found WHERE place = 1 ORDER BY seq LIMIT $2"""

EVERY = f"""
SELECT {COLUMNS}, NULL AS behind FROM parked
WHERE taker = ANY($1::text[]) AND ($4::uuid IS NULL OR stream_id = $4) AND ($5::text IS NULL OR {RECORD} = $5)
ORDER BY seq LIMIT $2"""

COUNTS = "SELECT taker, count(*) FROM parked WHERE taker = ANY($1::text[]) GROUP BY taker"

DROPPED = f"""
SELECT seq, taker, service, org_id AS org, stream_id AS stream, partition, position, topic_offset AS offset,
    {RECORD} AS record, event_id AS event, type, parked_for, parked_at, reason, dropped_by, dropped_at, ended
FROM dropped WHERE taker = ANY($1::text[]) OR $4 ORDER BY dropped_at, seq LIMIT $2"""

AT = f"SELECT seq, taker FROM parked WHERE taker = ANY($1::text[]) AND {RECORD} = $2 ORDER BY seq"

ONE = f"SELECT *, {RECORD} AS record FROM parked WHERE taker = ANY($1::text[]) AND seq = $2"

FREE = "waits to be tried: what it waited behind was taken or dropped"


def schemas(keepers: Iterable[Keeper]) -> dict[str, tuple[asyncpg.Pool, list[Keeper]]]:
    """The keepers by the schema in which they keep."""
    found: dict[str, tuple[asyncpg.Pool, list[Keeper]]] = {}
    for one in keepers:
        found.setdefault(one.where, (one.db, []))[1].append(one)
    return found


async def parked(
    keepers: Sequence[Keeper], stream: UUID | None, record: str | None, limit: int
) -> dict[str, Any]:
    """`count` by taker, and each stream's first event, or every one of a stream or record; and commands."""
    count: dict[str, int] = {}
    events: list[Line] = []
    sent: list[Line] = []
    for where, (db, takers) in schemas(keepers).items():
        names = [one.name for one in takers]
        count |= dict(await db.fetch(COUNTS, names))
        asked: tuple[Any, ...] = names, limit, takers[0].topics
        found = db.fetch(EVERY, *asked, stream, record) if stream or record else db.fetch(HEADS, *asked)
        events += [event(where, row) for row in await found]
        counts, lines = await commands.parked(takers, stream, limit)
        for name, more in counts.items():
            count[name] = count.get(name, 0) + more
        sent += [] if record else lines
    return {"count": count, "events": events, "commands": sent}


async def dropped(keepers: Sequence[Keeper], every: bool, limit: int) -> dict[str, Any]:
    """The record of what was dropped, with `every` also by versions that are gone."""
    lines: list[Line] = []
    sent: list[Line] = []
    for where, (db, takers) in schemas(keepers).items():
        names = [one.name for one in takers]
        rows = await db.fetch(DROPPED, names, limit, takers[0].topics, every)
        lines += [numbered(Number(where, row["seq"]), row) for row in rows]
        sent += await commands.dropped(takers, every, limit)
    return {"dropped": lines, "commands": sent}


async def one(keepers: Sequence[Keeper], number: Number) -> tuple[Keeper, asyncpg.Record]:
    """Who keeps it, and its row; raises CannotRun."""
    for where, (db, takers) in schemas(keepers).items():
        if where == number.where:
            by = {keeper.name: keeper for keeper in takers}
            row = await db.fetchrow(ONE, [*by], number.seq, takers[0].topics)
            if row is not None:
                return by[row["taker"]], row
    raise CannotRun(f"nothing parked has the number {number}: `./rapport parked` lists what is.")


async def at(keepers: Sequence[Keeper], record: str) -> list[tuple[Keeper, Number]]:
    """Everybody who has parked this record of a topic, with the number it has there; raises CannotRun."""
    found = [
        (keeper, Number(where, row["seq"]))
        for where, (db, takers) in schemas(keepers).items()
        for row in await db.fetch(AT, [one.name for one in takers], record, takers[0].topics)
        for keeper in takers
        if keeper.name == row["taker"]
    ]
    if not found:
        raise CannotRun(
            f"nobody has parked {record}: `./rapport parked show NUMBER` tells each one's record."
        )
    return found


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
        "record": row["record"],
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
