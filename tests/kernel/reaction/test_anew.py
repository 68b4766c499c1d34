"""A reaction that had taken what a restored log does not hold remembers that log alone, and goes on there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from kernel.log.partitions import PARTITIONS
from kernel.reaction.anew import begin_anew
from kernel.reaction.applying import folding
from kernel.taking.batch import take as take_batch
from kernel.taking.checkpoints import Head
from kernel.taking.fact import Fact
from tests.kernel.reaction.conftest import heads_of, posted, remembered
from tests.kernel.reaction.shelves import arriving, digest, shelves
from tests.parcels.events import ParcelPosted, ParcelSeen
from tests.parcels.log import ORG, Log

AT = datetime(2026, 2, 1, tzinfo=UTC)
ANNA, BEN = UUID(int=1), UUID(int=2)


def parcel(name: str) -> UUID:
    return uuid5(ORG, name)


def shared() -> Log:
    """Two parcels that wait at places where nobody has collected yet; then the first is collected by Anna."""
    log = Log()
    for name in ("one", "two"):
        log.append(parcel(name), ParcelSeen(place=f"depot {name}", at=AT))
    log.append(parcel("anna"), ParcelPosted(contact_id=ANNA, grams=1, label="depot one"))
    return log


async def take(pool: asyncpg.Pool, facts: list[Fact[Any]], generation: int) -> None:
    arrivals = arriving(facts, shelves())
    for arrival in arrivals:
        arrival.generation = generation
    await take_batch(pool, shelves(), arrivals, folding(shelves(), digest))


async def test_its_memory_is_the_logs_and_only_what_is_new_causes_commands(pool: asyncpg.Pool) -> None:
    lost = shared()
    common = [sum(fact.partition == n for fact in lost.facts) for n in range(PARTITIONS)]
    lost.append(parcel("ben"), ParcelPosted(contact_id=BEN, grams=1, label="depot two"))
    await take(pool, lost.facts, generation=1)
    assert [one.body["contact_id"] for one in await posted(pool)] == [str(ANNA), str(BEN)]
    await pool.execute("DELETE FROM outbox")  # carried out, all of them

    async with pool.acquire() as db, db.transaction():
        await begin_anew(db, "shelves", await heads_of(pool, shelves()), "parcels", 2, common)
    assert await remembered(pool) == {}
    restored = shared()
    restored.append(parcel("three"), ParcelSeen(place="depot one", at=AT))
    await take(pool, restored.facts, generation=2)
    memory = await remembered(pool)
    assert memory["depot one"]["contact_id"] == str(ANNA)
    assert memory["depot two"]["contact_id"] is None
    assert [(one.stream_id, one.body["contact_id"]) for one in await posted(pool)] == [
        (parcel("three"), str(ANNA))
    ]


async def test_what_still_comes_from_the_former_topic_is_not_taken(pool: asyncpg.Pool) -> None:
    lost = shared()
    await take(pool, lost.facts, generation=1)
    async with pool.acquire() as db, db.transaction():
        await begin_anew(db, "shelves", await heads_of(pool, shelves()), "parcels", 2, [0] * PARTITIONS)
    await take(pool, lost.facts, generation=1)
    assert await remembered(pool) == {}
    heads = await heads_of(pool, shelves())
    assert all(heads[fact.partition].head("parcels") == Head(2) for fact in lost.facts)
