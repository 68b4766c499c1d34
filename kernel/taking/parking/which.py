"""Which of the parked events of one taker are meant."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import asyncpg

MATCHES = "taker = $1 AND ($2::bigint IS NULL OR seq = $2) AND ($3::uuid IS NULL OR stream_id = $3)"
"""For a statement whose first parameters are the taker's name and those of `Which`."""

PARTITIONS = f"SELECT DISTINCT partition FROM parked WHERE {MATCHES} ORDER BY partition"

AHEAD = """
SELECT min(a.seq) FROM parked p JOIN parked a ON a.taker = p.taker
    AND a.org_id = p.org_id AND a.stream_id = p.stream_id AND a.service = p.service AND a.seq < p.seq
WHERE p.taker = $1 AND p.seq = $2"""


@dataclass(frozen=True)
class Which:
    """One by its number, all of one stream, or all."""

    seq: int | None = None
    stream_id: UUID | None = None


class WaitsBehind(Exception):
    """The one event that was asked for waits behind another one of its stream; `seq` is the first of them."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


async def partitions(db: asyncpg.Pool, taker: str, which: Which) -> list[int]:
    """Where there are any."""
    return [row["partition"] for row in await db.fetch(PARTITIONS, taker, which.seq, which.stream_id)]


async def require_first(db: asyncpg.Connection, taker: str, which: Which) -> None:
    """Raises WaitsBehind where one event is asked for that is not the first of its stream."""
    if which.seq is not None and (ahead := await db.fetchval(AHEAD, taker, which.seq)) is not None:
        raise WaitsBehind(ahead)
