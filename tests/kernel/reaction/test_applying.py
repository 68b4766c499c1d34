"""A batch of events is remembered and reacted to once, whichever way it comes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from kernel.log.envelope import write
from kernel.reaction.applying import folding
from kernel.reaction.reaction import Reaction
from kernel.reaction.retrying import retry
from kernel.reaction.starts import begin
from kernel.taking.applied import Applied
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.batch import take as take_batch
from kernel.taking.fact import Fact
from kernel.taking.parking.retrying import Retried
from kernel.taking.parking.which import Which
from kernel.vault.vault import Vault
from tests.kernel.reaction import shelves as shelf
from tests.kernel.reaction.conftest import heads_of, posted, remembered
from tests.kernel.reaction.shelves import arriving, digest, shelves
from tests.parcels.events import ParcelLost, ParcelPosted, ParcelSeen
from tests.parcels.log import Log

AT = datetime(2026, 2, 1, tzinfo=UTC)
ANNA = UUID(int=1)


def a_collection(place: str = "depot") -> Log:
    """Two parcels are seen, then somebody collects, then a third is seen; each on a stream of its own."""
    log = Log()
    for _ in range(2):
        log.append(uuid4(), ParcelSeen(place=place, at=AT))
    log.append(uuid4(), ParcelPosted(contact_id=ANNA, grams=1, label=place))
    log.append(uuid4(), ParcelSeen(place=place, at=AT), ParcelLost(place=place))
    return log


async def take(pool: asyncpg.Pool, facts: list[Fact[Any]], **more: Any) -> Applied:
    reaction = shelves(**more)
    return await take_arrivals(pool, arriving(facts, reaction), reaction)


async def take_arrivals(pool: asyncpg.Pool, arrivals: list[Arrival], reaction: Reaction[Any]) -> Applied:
    return await take_batch(pool, reaction, arrivals, folding(reaction, digest))


def seen(facts: list[Fact[Any]]) -> set[UUID]:
    return {fact.envelope.stream_id for fact in facts if isinstance(fact.event, ParcelSeen)}


async def test_what_waited_and_what_comes_later_is_each_reacted_to_once(pool: asyncpg.Pool) -> None:
    log = a_collection()
    await take(pool, log.facts)
    commands = await posted(pool)
    assert {one.stream_id for one in commands} == seen(log.facts)
    assert len(commands) == 3
    assert {one.body["contact_id"] for one in commands} == {str(ANNA)}
    assert await remembered(pool) == {"depot": {"contact_id": str(ANNA), "waiting": []}}


async def test_events_of_different_partitions_give_the_same_in_any_order(pool: asyncpg.Pool) -> None:
    log = a_collection()
    partitions = {fact.partition for fact in log.facts}
    for order in permutations(partitions):
        name = f"shelves in order {order}"
        await begin(pool, shelves(name=name), {})
        for partition in order:
            await take(pool, [fact for fact in log.facts if fact.partition == partition], name=name)
        commands = [one.stream_id for one in await posted(pool) if one.reaction == name]
        assert sorted(commands) == sorted(seen(log.facts))


async def test_two_processes_that_take_different_partitions_meet_in_the_memory(pool: asyncpg.Pool) -> None:
    log = Log()
    places = [f"depot {n % 5}" for n in range(200)]
    for place in places:
        log.append(uuid4(), ParcelSeen(place=place, at=AT))
    for place in set(places):
        log.append(uuid4(), ParcelPosted(contact_id=ANNA, grams=1, label=place))
    batches = [[fact for fact in log.facts if fact.partition == n] for n in range(12)]
    await asyncio.gather(*(take(pool, batch) for batch in batches if batch))
    commands = [one.stream_id for one in await posted(pool)]
    assert sorted(commands) == sorted(seen(log.facts))


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_an_event_of_the_whole_stream_touches_all_that_the_stream_touched(
    pool: asyncpg.Pool, size: int
) -> None:
    log, lost, other = Log(), uuid4(), uuid4()
    log.append(other, ParcelSeen(place="depot", at=AT))
    log.append(lost, ParcelSeen(place="depot", at=AT), ParcelSeen(place="truck", at=AT))
    log.append(lost, ParcelLost(place="nowhere"), ParcelSeen(place="found", at=AT))
    hears = {"hears": (ParcelPosted, ParcelSeen, ParcelLost), "whole_stream": (ParcelLost,)}
    for first in range(0, len(log.facts), size):
        assert not (await take(pool, log.facts[first : first + size], **hears)).parked
    found = {key: memory for key, memory in (await remembered(pool)).items() if "/" not in key}
    assert {key: memory["waiting"] for key, memory in found.items()} == {
        "depot": [str(other)],
        "found": [str(lost)],
    }


async def test_what_was_taken_already_is_dropped(pool: asyncpg.Pool) -> None:
    log = a_collection()
    await take(pool, log.facts)
    before = await posted(pool), await remembered(pool)
    await take(pool, log.facts[:3])
    await take(pool, log.facts)
    assert (await posted(pool), await remembered(pool)) == before


async def test_nothing_is_taken_behind_a_gap(pool: asyncpg.Pool) -> None:
    log = Log()
    stream = uuid4()
    for n in range(3):
        log.append(stream, ParcelSeen(place=f"depot {n}", at=AT))
    applied = await take(pool, [log.facts[0], log.facts[2]])
    assert applied.gaps == {("parcels", log.facts[0].partition)}
    assert set(await remembered(pool)) == {"depot 0"}
    await take(pool, log.facts[1:])
    assert set(await remembered(pool)) == {"depot 0", "depot 1", "depot 2"}


async def test_a_poison_event_parks_its_stream_alone_and_can_be_retried(
    pool: asyncpg.Pool, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, poisoned, sound = Log(), uuid4(), uuid4()
    log.append(poisoned, ParcelSeen(place=shelf.POISON, at=AT), ParcelSeen(place="depot", at=AT))
    log.append(sound, ParcelSeen(place="depot", at=AT))
    applied = await take(pool, log.facts)
    assert applied.parked == 2
    assert (await remembered(pool))["depot"]["waiting"] == [str(sound)]
    log.append(poisoned, ParcelSeen(place="depot", at=AT))
    assert (await take(pool, log.facts)).parked == 1
    assert await retry(pool, shelves(), vault) == (Retried(taken=0, left=3), 0)
    monkeypatch.setattr(shelf, "POISON", "")
    assert await retry(pool, shelves(), vault) == (Retried(taken=3, left=0), 0)
    assert (await remembered(pool))["depot"]["waiting"] == [str(sound), str(poisoned), str(poisoned)]
    assert sum(head.parked for head in (await heads_of(pool, shelves())).values()) == 0


async def test_a_value_that_the_database_refuses_parks_that_event_alone(pool: asyncpg.Pool) -> None:
    log = Log()
    for place in ("depot", "no\0where", "depot"):
        log.append(uuid4(), ParcelSeen(place=place, at=AT))
    applied = await take(pool, log.facts)
    assert applied.parked == 1
    assert len((await remembered(pool))["depot"]["waiting"]) == 2


async def test_a_value_that_the_database_still_refuses_stays_parked_and_keeps_nothing_else_back(
    pool: asyncpg.Pool, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "POISON", "depot")
    log = Log()
    for place in ("depot", "no\0where", "depot"):
        log.append(uuid4(), ParcelSeen(place=place, at=AT))
    assert (await take(pool, log.facts)).parked == 3
    monkeypatch.setattr(shelf, "POISON", "")
    assert await retry(pool, shelves(), vault, Which(stream_id=UUID(int=9))) == (Retried(), 0)
    assert await retry(pool, shelves(), vault) == (Retried(taken=2, left=1), 0)
    assert len((await remembered(pool))["depot"]["waiting"]) == 2


async def test_a_record_that_is_no_event_is_parked_and_the_next_ones_are_taken(pool: asyncpg.Pool) -> None:
    log, reaction = a_collection(), shelves()
    arrivals = arriving(log.facts, reaction)
    strange = Reading([reaction]).read("parcels", 1, arrivals[0].partition, 0, b"?")
    applied = await take_arrivals(pool, [strange, *arrivals], reaction)
    assert applied.parked == 1
    assert len(await posted(pool)) == 3


async def test_first_deployed_it_remembers_what_was_and_reacts_to_what_comes(pool: asyncpg.Pool) -> None:
    log = a_collection()
    ends = {(fact.service, fact.partition): fact.position + 1 for fact in log.facts[:3]}
    await begin(pool, shelves(name="late"), ends)
    await take(pool, log.facts, name="late")
    assert [one.stream_id for one in await posted(pool)] == [log.facts[3].envelope.stream_id]


async def test_imported_events_are_remembered_and_cause_nothing_unless_it_says_so(pool: asyncpg.Pool) -> None:
    log, eager = a_collection(), {"name": "eager", "imported": True}
    facts = [imported(fact) for fact in log.facts[:3]] + log.facts[3:]
    await take(pool, facts)
    assert [one.stream_id for one in await posted(pool)] == [log.facts[3].envelope.stream_id]
    assert (await remembered(pool))["depot"]["contact_id"] == str(ANNA)
    await begin(pool, shelves(**eager), {})
    await take(pool, facts, **eager)
    commands = [one for one in await posted(pool) if one.reaction == "eager"]
    assert [one.origin for one in commands] == ["imported", "imported", "live"]
    assert commands[0].occurred_at == facts[2].envelope.occurred_at


def imported(fact: Fact[Any]) -> Fact[Any]:
    envelope = msgspec.structs.replace(fact.envelope, origin="imported")
    return msgspec.structs.replace(fact, envelope=envelope, raw=write(envelope))
