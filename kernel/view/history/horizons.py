"""The horizons that relays told, kept beside the views."""

from __future__ import annotations

import asyncpg

from kernel.log.horizon import Horizon
from kernel.taking.checkpoints import Connection

REMEMBER = """
INSERT INTO horizon (service, generation, until, positions) VALUES ($1, $2, $3, $4)
ON CONFLICT (service, generation) DO UPDATE SET until = excluded.until, positions = excluded.positions
WHERE horizon.until < excluded.until"""

ALL = "SELECT service, generation, until, positions FROM horizon"


async def remember(db: Connection, horizon: Horizon) -> None:
    """In place of an earlier one; whoever else has heard it may have been faster."""
    await db.execute(REMEMBER, horizon.service, horizon.generation, horizon.until, list(horizon.positions))


async def every(db: Connection) -> list[Horizon]:
    """The last of each service and generation."""
    return [_horizon(row) for row in await db.fetch(ALL)]


def _horizon(row: asyncpg.Record) -> Horizon:
    return Horizon(row["service"], row["generation"], row["until"], tuple(row["positions"]))
