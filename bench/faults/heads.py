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
NEWEST = "SELECT coalesce(max(seq), 0) FROM outbox"
UNSENT = "SELECT count(*) FROM outbox WHERE seq <= $1"


async def stored(settings: Settings) -> Stored:
    """Raises DatabaseAway."""
    found = {}
    for name in SERVICES:
        async with pool(settings, name) as db:
            found[name] = await store.positions(db)
    return found


async def posted(settings: Settings) -> int:
    """The newest command in the outbox, by its number; raises DatabaseAway."""
    async with pool(settings, SALES.name) as db:
        return int(await db.fetchval(NEWEST))


async def unsent(settings: Settings, newest: int) -> list[str]:
    """Whether of the outbox's commands up to this one some are there still."""
    async with pool(settings, SALES.name) as db:
        left = await db.fetchval(UNSENT, newest)
    return [f"{left} commands in the outbox"] * bool(left)


async def takers(settings: Settings, service: str) -> set[str]:
    """The followed versions of views, and the reactions, that read this service's topic."""
    async with pool(settings, "projections") as db:
        readers = [*await versions.followed(db, VIEWS), *SALES.reactions]
    return {reader.taker for reader in readers if service in reader.services}


async def behind(settings: Settings, goal: Stored) -> list[str]:
    """Which relays, or else which followed versions of views and reactions, have not come so far."""
    try:
        found = []
        for name in SERVICES:
            async with pool(settings, name) as db:
                _, marks = await store.marks(db)
            found += [
                f"{name}'s topic: {marks[partition]} of {position} in partition {partition}"
                for partition, position in goal[name].items()
                if marks[partition] < position
            ]
        if not found:
            async with pool(settings, "projections") as db:
                found += await _not_taken(db, await versions.followed(db, VIEWS), goal)
            async with pool(settings, SALES.name) as db:
                found += await _not_taken(db, SALES.reactions, goal)
    except DatabaseAway:
        return ["PostgreSQL is away"]
    return found


async def unrest(settings: Settings) -> list[str]:
    """What of all that is stored has not come everywhere, or what more follows from it."""
    try:
        before = await stored(settings)
        if found := await behind(settings, before):
            return found
        async with pool(settings, SALES.name) as db:
            waits = await db.fetchval(WAITING)
        more = before != await stored(settings)
    except DatabaseAway:
        return ["PostgreSQL is away"]
    return ["commands in the outbox"] * waits + ["more is being stored"] * more


async def _not_taken(db: asyncpg.Pool, takers: tuple[Taker, ...], goal: Stored) -> list[str]:
    found = await checkpoints.every(db, takers)
    missing = []
    for taker in takers:
        for service in taker.services:
            for partition, position in goal[service].items():
                heads = found[taker.taker].get(partition)
                head = heads.head(service).position if heads else 0
                if head < position:
                    missing.append(
                        f"{taker.taker}: {head} of {position} of {service} in partition {partition}"
                    )
    return missing


@asynccontextmanager
async def pool(settings: Settings, schema: str) -> AsyncIterator[asyncpg.Pool]:
    """One connection, past all wires; raises DatabaseAway."""
    found = await connect_pool(settings, f"{schema}_log", max_size=1)
    try:
        with database_away():
            yield found
    finally:
        found.terminate()
