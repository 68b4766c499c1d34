"""A second chance for what a reaction set aside: parked events in their order, and parked commands."""

from __future__ import annotations

from typing import Any

import asyncpg

from kernel.database import database_away
from kernel.reaction import outbox, positions
from kernel.reaction.applying import react
from kernel.reaction.folding import steps
from kernel.reaction.reaction import Reaction
from kernel.vault.vault import Vault
from kernel.view.arrivals import Reading
from kernel.view.opening import open_personal

PARKED = """
SELECT seq, service, position, topic_offset, value FROM reaction_parked
WHERE reaction = $1 AND partition = $2 AND position IS NOT NULL
ORDER BY service, position"""

TAKEN = "DELETE FROM reaction_parked WHERE seq = ANY($1::bigint[])"


async def retry(pool: asyncpg.Pool, reaction: Reaction[Any], vault: Vault) -> tuple[int, int]:
    """How many parked events were taken now, and how many parked commands will be tried again."""
    with database_away():
        partitions = sorted(await positions.every(pool, reaction))
        taken = sum([await _retry(pool, reaction, vault, partition) for partition in partitions])
        return taken, await outbox.unpark(pool, reaction)


async def _retry(pool: asyncpg.Pool, reaction: Reaction[Any], vault: Vault, partition: int) -> int:
    async with pool.acquire() as db, db.transaction():
        heads = await positions.lock(db, reaction, [partition])
        rows = await db.fetch(PARKED, reaction.name, partition)
        reading = Reading([reaction])
        arrivals = [
            reading.read(row["service"], 1, partition, row["topic_offset"], row["value"]) for row in rows
        ]
        await open_personal(vault, reading.personal, arrivals)
        folded = await react(db, reaction, heads, steps(reaction, arrivals, vault.digest), set())
        again = {id(arrival) for arrival, _ in folded.parked}
        taken = [row["seq"] for row, arrival in zip(rows, arrivals, strict=True) if id(arrival) not in again]
        await db.execute(TAKEN, taken)
        heads[partition].parked -= len(taken)
        await positions.advance(db, reaction, heads)
        return len(taken)
