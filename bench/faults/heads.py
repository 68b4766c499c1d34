"""How far everything has come: what is published, folded and reacted to, beside what is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import asyncpg

from kernel.database import DatabaseAway, connect_pool, database_away
from kernel.settings import SERVICES, Settings
from kernel.taking import checkpoints
from kernel.taking.taker import Taker
from kernel.view import versions
from ops.verify.log import store
from services.projections.app import VIEWS
from services.sales.app import SERVICE as SALES

Stored = Mapping[str, Mapping[int, int]]
"""By service and partition, the last position."""

WAITING = "SELECT EXISTS (SELECT FROM outbox)"


async def stored(settings: Settings) -> Stored:
    """Raises DatabaseAway."""
    found = {}
    for name in SERVICES:
        async with pool(settings, name) as db:
            found[name] = await store.positions(db)
    return found


async def published(settings: Settings, goal: Stored) -> bool:
    """Whether the relays have come so far."""
    try:
        for name in SERVICES:
            async with pool(settings, name) as db:
                _, marks = await store.marks(db)
            if any(marks[partition] < position for partition, position in goal[name].items()):
                return False
    except DatabaseAway:
        return False
    return True


async def reached(settings: Settings, goal: Stored) -> bool:
    """Whether relays, reactions and every followed version of every view have come so far."""
    try:
        if not await published(settings, goal):
            return False
        async with pool(settings, "projections") as db:
            if not await _taken(db, await versions.followed(db, VIEWS), goal):
                return False
        async with pool(settings, SALES.name) as db:
            return await _taken(db, SALES.reactions, goal)
    except DatabaseAway:
        return False


async def at_rest(settings: Settings) -> bool:
    """Whether all that is stored has come everywhere, and nothing more will follow from it."""
    try:
        before = await stored(settings)
        if not await reached(settings, before):
            return False
        async with pool(settings, SALES.name) as db:
            waits = await db.fetchval(WAITING)
        return not waits and before == await stored(settings)
    except DatabaseAway:
        return False


async def _taken(db: asyncpg.Pool, takers: tuple[Taker, ...], goal: Stored) -> bool:
    found = await checkpoints.every(db, takers)
    return all(
        partition in found[taker.taker] and found[taker.taker][partition].head(service).position >= position
        for taker in takers
        for service in taker.services
        for partition, position in goal[service].items()
        if position
    )


@asynccontextmanager
async def pool(settings: Settings, schema: str) -> AsyncIterator[asyncpg.Pool]:
    """One connection, past all wires; raises DatabaseAway."""
    found = await connect_pool(settings, f"{schema}_log", max_size=1)
    try:
        with database_away():
            yield found
    finally:
        found.terminate()
