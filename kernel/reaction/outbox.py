"""Commands that a reaction decided on, kept with its position until each has its answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from kernel.reaction.folding import Decided
from kernel.reaction.reaction import Reaction
from kernel.taking.arrivals import Failure
from kernel.taking.parking.parking import frames_text
from kernel.taking.parking.which import Which

PUT = """
INSERT INTO outbox (reaction, org_id, stream_id, command_id, command, body,
    correlation_id, causation_id, service, partition, position, trace, origin, occurred_at)
SELECT $1, n.org_id, n.stream_id, n.command_id, n.command, n.body::jsonb,
    n.correlation_id, n.causation_id, n.service, n.partition, n.position, n.trace, n.origin, n.occurred_at
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[],
    $7::uuid[], $8::uuid[], $9::text[], $10::smallint[], $11::bigint[],
    $12::text[], $13::text[], $14::timestamptz[]) WITH ORDINALITY
AS n (org_id, stream_id, command_id, command, body,
    correlation_id, causation_id, service, partition, position, trace, origin, occurred_at, number)
ORDER BY n.number
ON CONFLICT (command_id) DO NOTHING"""

_DUE = """
FROM outbox o WHERE parked IS NULL AND NOT EXISTS (
    SELECT FROM outbox p WHERE p.parked IS NOT NULL
    AND p.reaction = o.reaction AND p.org_id = o.org_id AND p.stream_id = o.stream_id)"""

NEXT = f"SELECT o.* {_DUE} ORDER BY seq LIMIT $1"

DONE = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"
PARK = "UPDATE outbox SET parked = $2, frames = $3 WHERE seq = $1"

_WHICH = """
WHERE reaction = $1 AND parked IS NOT NULL
    AND ($2::bigint IS NULL OR seq = $2) AND ($3::uuid IS NULL OR stream_id = $3)"""

UNPARK = f"UPDATE outbox SET parked = NULL, frames = NULL {_WHICH}"

DROP = f"""
WITH gone AS (DELETE FROM outbox {_WHICH} RETURNING *)
INSERT INTO dropped_command (seq, reaction, org_id, stream_id, command_id, command,
    causation_id, service, partition, position, parked_for, reason, dropped_by)
SELECT seq, reaction, org_id, stream_id, command_id, command,
    causation_id, service, partition, position, parked, $4, $5 FROM gone"""

WAITING = f"SELECT count(*) FROM (SELECT {_DUE} LIMIT $1) AS due"
PARKED = "SELECT count(*) FROM outbox WHERE parked IS NOT NULL AND reaction = $1"


@dataclass(frozen=True, slots=True)
class Posted:
    """One command of the outbox."""

    seq: int
    reaction: str
    org_id: UUID
    stream_id: UUID
    command_id: UUID
    command: str
    body: dict[str, Any]
    correlation_id: UUID
    causation_id: UUID
    trace: str | None
    origin: Literal["live", "imported"]
    occurred_at: datetime | None
    """When what it follows from happened, if that is not now."""


_COLUMNS = tuple(Posted.__slots__)


async def put(db: asyncpg.Connection, reaction: Reaction[Any], decided: Iterable[Decided]) -> int:
    """Keeps the commands, in their order; how many they are."""
    lines = [_line(one) for one in decided]
    if lines:
        await db.execute(PUT, reaction.name, *(list(part) for part in zip(*lines, strict=True)))
    return len(lines)


def _line(decided: Decided) -> tuple[Any, ...]:
    command, cause = decided.issue.command, decided.cause.envelope
    return (
        cause.org_id,
        decided.issue.stream_id,
        decided.command_id,
        type(command).__name__,
        TypeAdapter(type(command)).dump_json(command, exclude_none=True).decode(),
        cause.correlation_id,
        cause.event_id,
        decided.cause.service,
        decided.cause.partition,
        decided.cause.position,
        cause.trace,
        cause.origin,
        cause.occurred_at if cause.origin == "imported" else None,
    )


async def following(db: asyncpg.Pool, limit: int) -> list[Posted]:
    """The commands that are next, oldest first, without those that wait behind a parked one."""
    return [Posted(*(row[name] for name in _COLUMNS)) for row in await db.fetch(NEXT, limit)]


async def done(db: asyncpg.Pool, answered: Collection[int]) -> None:
    """Their answers are durable."""
    await db.execute(DONE, list(answered))


async def park(db: asyncpg.Pool, seq: int, failure: Failure) -> None:
    """Sets a command aside, and with it what waits behind it."""
    await db.execute(PARK, seq, failure.reason, frames_text(failure))


async def unpark(db: asyncpg.Pool, reaction: Reaction[Any], which: Which) -> int:
    """Lets parked commands of a reaction be sent again; how many."""
    done: str = await db.execute(UNPARK, reaction.name, which.seq, which.stream_id)
    return int(done.split()[-1])


async def drop(db: asyncpg.Pool, reaction: Reaction[Any], which: Which, reason: str, by: str) -> int:
    """Gives parked commands up for good, on record; how many. What waits behind them goes on."""
    done: str = await db.execute(DROP, reaction.name, which.seq, which.stream_id, reason, by)
    return int(done.split()[-1])


async def waiting(db: asyncpg.Pool, limit: int) -> int:
    """How many commands could be carried out now, counted up to `limit`."""
    return int(await db.fetchval(WAITING, limit))


async def parked(db: asyncpg.Pool, reaction: Reaction[Any]) -> int:
    """How many commands of the reaction are set aside."""
    return int(await db.fetchval(PARKED, reaction.name))
