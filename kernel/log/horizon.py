"""Up to when a service's log is known: what its store promises, and the topic on which that is told."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import msgspec

from kernel.database import database_away
from kernel.settings import Settings


class Horizon(msgspec.Struct, frozen=True):
    """Every event of the service recorded until then is at its partition's position or before it.

    It speaks of the store: nothing of it need be published yet.
    """

    service: str
    generation: int
    """Of the topic that counts these positions."""
    until: datetime
    positions: tuple[int, ...]
    """By partition; 0: it holds nothing."""


decode = msgspec.json.Decoder(Horizon).decode


def topic(settings: Settings) -> str:
    """Where all relays tell their horizons: one partition, and forgotten after minutes."""
    return f"{settings.topics}.horizons"


async def promise(db: asyncpg.Connection | asyncpg.Pool, service: str, generation: int) -> Horizon:
    """The horizon of this moment: no event will be recorded at it or before, though the clock be set back."""
    with database_away():
        row = await db.fetchrow("SELECT until, positions FROM promise()")
    return Horizon(service, generation, row["until"], tuple(row["positions"]))
