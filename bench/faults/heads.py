"""How far everything has come: what is published, folded and reacted to, beside what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack

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
    async with AsyncExitStack() as stack:
        return {name: await store.positions(await _pool(stack, settings, name)) for name in SERVICES}


async def reached(settings: Settings, goal: Stored) -> bool:
    """Whether relays, reactions and every followed version of every view have come so far."""
    try:
        async with AsyncExitStack() as stack:
            for name in SERVICES:
                _, marks = await store.marks(await _pool(stack, settings, name))
                if any(marks[partition] < position for partition, position in goal[name].items()):
                    return False
            db = await _pool(stack, settings, "projections")
            return await _taken(db, await versions.followed(db, VIEWS), goal) and await _taken(
                await _pool(stack, settings, SALES.name), SALES.reactions, goal
            )
    except DatabaseAway:
        return False


async def at_rest(settings: Settings) -> bool:
    """Whether all that is stored has come everywhere, and nothing more will follow from it."""
    try:
        before = await stored(settings)
        if not await reached(settings, before):
            return False
        async with AsyncExitStack() as stack:
            with database_away():
                waits = await (await _pool(stack, settings, SALES.name)).fetchval(WAITING)
        return not waits and before == await stored(settings)
    except DatabaseAway:
        return False


async def _taken(db: asyncpg.Pool, takers: tuple[Taker, ...], goal: Stored) -> bool:
    with database_away():
        found = await checkpoints.every(db, takers)
    return all(
        partition in found[taker.taker] and found[taker.taker][partition].head(service).position >= position
        for taker in takers
        for service in taker.services
        for partition, position in goal[service].items()
        if position
    )


async def _pool(stack: AsyncExitStack, settings: Settings, schema: str) -> asyncpg.Pool:
    pool = await connect_pool(settings, f"{schema}_log", max_size=1)
    stack.callback(pool.terminate)
    return pool
