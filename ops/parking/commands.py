"""Commands that a reaction decided on and its service could not carry out, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from kernel.log.envelope import Envelope
from kernel.log.reader import read_partition
from kernel.reaction.reaction import Reaction
from ops.errors import CannotRun
from ops.parking.keepers import Keeper
from ops.parking.numbers import Number

PARKED = """
SELECT seq, reaction, org_id, stream_id, command, parked AS reason, decided_at
FROM outbox WHERE reaction = ANY($1::text[]) AND parked IS NOT NULL
AND ($3::uuid IS NULL OR stream_id = $3) ORDER BY seq LIMIT $2"""

COUNTS = """
SELECT reaction, count(*) FROM outbox WHERE reaction = ANY($1::text[]) AND parked IS NOT NULL
GROUP BY reaction"""

ONE = "SELECT * FROM outbox WHERE seq = $1 AND parked IS NOT NULL"

BEHIND = """
SELECT count(*) FROM outbox WHERE reaction = $1 AND org_id = $2 AND stream_id = $3 AND seq > $4"""

ANY = """
SELECT EXISTS (SELECT FROM outbox WHERE reaction = $1 AND parked IS NOT NULL AND stream_id = $2)"""

DROPPED = """
SELECT seq, reaction AS taker, service, org_id AS org, stream_id AS stream, partition, position, causation_id,
    command, parked_for, reason, dropped_by, dropped_at
FROM dropped_command WHERE reaction = ANY($1::text[]) OR $2 ORDER BY dropped_at, seq LIMIT $3"""

Line = Mapping[str, Any]


def reaction_of(keeper: Keeper) -> Reaction[Any] | None:
    """None where it is a view: that wishes nothing."""
    return keeper.takes if isinstance(keeper.takes, Reaction) else None


async def parked(
    keepers: Sequence[Keeper], stream: UUID | None, limit: int
) -> tuple[dict[str, int], list[Line]]:
    """How many by reaction, and the first of them. The keepers are of one schema."""
    names = [one.name for one in keepers if reaction_of(one)]
    if not names:
        return {}, []
    db = keepers[0].db
    rows = await db.fetch(PARKED, names, limit, stream)
    lines: list[Line] = [
        {
            "number": str(Number(keepers[0].where, row["seq"], command=True)),
            "taker": row["reaction"],
            "org": row["org_id"],
            "stream": row["stream_id"],
            "command": row["command"],
            "reason": row["reason"],
            "decided_at": row["decided_at"],
        }
        for row in rows
    ]
    return dict(await db.fetch(COUNTS, names)), lines


async def one(keepers: Sequence[Keeper], number: Number) -> tuple[Keeper, asyncpg.Record]:
    """Whose it is, and its row; raises CannotRun."""
    for keeper in keepers:
        if keeper.where == number.where and reaction_of(keeper):
            row = await keeper.db.fetchrow(ONE, number.seq)
            if row is not None and row["reaction"] == keeper.name:
                return keeper, row
    raise CannotRun(f"no parked command has the number {number}: `./rapport parked` lists what is.")


async def any_parked(keeper: Keeper, stream: UUID) -> bool:
    """Whether one that is for this stream is set aside."""
    return reaction_of(keeper) is not None and bool(await keeper.db.fetchval(ANY, keeper.name, stream))


async def behind(keeper: Keeper, row: asyncpg.Record) -> int:
    """How many commands to the same stream wait behind it."""
    return int(await keeper.db.fetchval(BEHIND, keeper.name, row["org_id"], row["stream_id"], row["seq"]))


async def cause(keeper: Keeper, row: asyncpg.Record) -> Envelope | None:
    """The event that caused it; None: the log holds it no longer."""
    async with keeper.logs[row["service"]].acquire() as log:
        found = await read_partition(log, row["service"], row["partition"], row["position"] - 1, 1)
    return next((event for _, event in found if event.event_id == row["causation_id"]), None)


async def dropped(keepers: Sequence[Keeper], every: bool, limit: int) -> list[Line]:
    """The record of those that were dropped. The keepers are of one schema."""
    names = [one.name for one in keepers if reaction_of(one)]
    if not names:
        return []
    rows = await keepers[0].db.fetch(DROPPED, names, every, limit)
    return [numbered(Number(keepers[0].where, row["seq"], command=True), row) for row in rows]


def numbered(number: Number, row: asyncpg.Record) -> Line:
    """A row of the record of what was dropped, under the number that it had."""
    return {"number": str(number), **{name: value for name, value in row.items() if name != "seq"}}
