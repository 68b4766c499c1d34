"""Events on real topics become commands, through FastStream, whatever happens to Kafka's own offsets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from kernel.aggregate import Aggregate
from kernel.database import connect_pool
from kernel.log.topics import topic
from kernel.reaction.reaction import Reaction
from kernel.reaction.sending import Sender
from kernel.reaction.worker import subscription
from kernel.reaction.worker.reactor import Reactor
from kernel.settings import Settings
from kernel.taking import batch
from kernel.taking.fact import Fact
from kernel.vault.vault import Vault
from kernel.web.problems import Problem
from kernel.web.service import Service
from tests.kernel.log.broker import Broker
from tests.kernel.reaction.conftest import heads_of
from tests.kernel.reaction.shelves import Collect, shelves
from tests.kernel.reaction.test_sending import Handler
from tests.parcels.events import ParcelPosted, ParcelSeen
from tests.parcels.log import Log, publish
from tests.proxy import wired
from tests.waiting import until

AT = datetime(2026, 2, 1, tzinfo=UTC)
ANNA = UUID(int=1)


def many_parcels(count: int, log: Log | None = None) -> Log:
    """Parcels seen at ten places, each of which somebody comes to."""
    log = log or Log()
    for n in range(count):
        log.append(uuid4(), ParcelSeen(place=f"depot {n % 10}", at=AT))
    for n in range(10):
        log.append(uuid4(), ParcelPosted(contact_id=ANNA, grams=1, label=f"depot {n}"))
    return log


@asynccontextmanager
async def reacting(
    settings: Settings, pool: asyncpg.Pool, vault: Vault, handler: Handler, reaction: Reaction[Any]
) -> AsyncIterator[Reactor]:
    """Reactor and sender in this process, as long as the body runs."""
    sender = Sender(pool, handler, [Collect])
    aggregates: tuple[Aggregate[Any], ...] = ()
    reactor = Reactor(settings, Service("contacts", aggregates, (reaction,)), pool, vault, sender)
    tasks = [asyncio.create_task(reactor.work()), asyncio.create_task(sender.work())]
    try:
        yield reactor
    finally:
        sender.stopping.set()
        sender.wake.set()
        tasks[0].cancel()
        await asyncio.wait(tasks)


async def taken(pool: asyncpg.Pool, reaction: Reaction[Any], facts: Sequence[Fact[Any]]) -> bool:
    """Whether the reaction has taken the last of these facts of each partition."""
    heads = await heads_of(pool, reaction)
    last = {fact.partition: fact.position for fact in facts}
    return bool(heads) and all(heads[n].head("parcels").position >= last[n] for n in last)


def seen(log: Log) -> list[UUID]:
    return sorted(fact.envelope.stream_id for fact in log.facts if isinstance(fact.event, ParcelSeen))


def collected(handler: Handler) -> list[UUID]:
    return sorted(call.stream_id for call in handler.calls if call.stream_id)


async def test_every_event_of_a_topic_is_reacted_to_once(
    settings: Settings, pool: asyncpg.Pool, vault: Vault
) -> None:
    log, handler = many_parcels(3_000), Handler()
    await publish(settings, log.facts)
    async with reacting(settings, pool, vault, handler, shelves()):
        await until(lambda: _all_answered(log, handler))
        more = many_parcels(50, log)
        await publish(settings, more.facts[3_010:])
        await until(lambda: _all_answered(more, handler))
    assert collected(handler) == seen(log)


async def _all_answered(log: Log, handler: Handler) -> bool:
    return len(handler.calls) >= len(seen(log))


async def test_a_topic_that_repeats_itself_changes_nothing(
    settings: Settings, pool: asyncpg.Pool, vault: Vault
) -> None:
    log, handler, reaction = many_parcels(200), Handler(), shelves()
    await publish(settings, log.facts[:150])
    await publish(settings, log.facts[50:100])
    await publish(settings, log.facts[100:])
    async with reacting(settings, pool, vault, handler, reaction):
        await until(lambda: _all_answered(log, handler))
        await until(lambda: taken(pool, reaction, log.facts))
    assert collected(handler) == seen(log)


async def test_a_reaction_set_back_by_an_older_database_takes_again_though_nothing_new_happens(
    settings: Settings, pool: asyncpg.Pool, vault: Vault
) -> None:
    log, handler, reaction = many_parcels(100), Handler(), shelves()
    await publish(settings, log.facts)
    async with reacting(settings, pool, vault, handler, reaction):
        await until(lambda: taken(pool, reaction, log.facts))
        await until(lambda: _all_answered(log, handler))
    await pool.execute("DELETE FROM reaction_memory")
    await pool.execute("UPDATE checkpoint SET topics = '{}'")
    async with reacting(settings, pool, vault, handler, reaction):
        await until(lambda: taken(pool, reaction, log.facts), seconds=25)


async def test_a_batch_that_failed_unforeseen_is_taken_though_nothing_more_comes(
    settings: Settings, pool: asyncpg.Pool, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, handler, reaction, failures = many_parcels(100), Handler(), shelves(), [LookupError()]

    async def take(*given: Any) -> Any:
        if failures:
            raise failures.pop()
        return await batch.take(*given)

    monkeypatch.setattr(subscription, "take", take)
    await publish(settings, log.facts)
    async with reacting(settings, pool, vault, handler, reaction) as reactor:
        await until(lambda: taken(pool, reaction, log.facts))
        await until(lambda: _not_degraded(reactor))
    assert collected(handler) == seen(log)


async def _not_degraded(reactor: Reactor) -> bool:
    return not (await reactor.ready()).degraded


async def test_a_lost_record_stops_its_partition_alone_and_is_told(
    settings: Settings, pool: asyncpg.Pool, vault: Vault
) -> None:
    log, handler, reaction = many_parcels(200), Handler(), shelves()
    lost = log.facts[20]
    others = [fact for fact in log.facts if fact.partition != lost.partition]
    await publish(settings, [fact for fact in log.facts if fact is not lost])
    async with reacting(settings, pool, vault, handler, reaction) as reactor:
        await until(lambda: _degraded(reactor, "gap"))
        await until(lambda: taken(pool, reaction, others))
    heads = await heads_of(pool, reaction)
    assert heads[lost.partition].head("parcels").position == lost.position - 1


async def _degraded(reactor: Reactor, what: str) -> bool:
    return what in (await reactor.ready()).degraded


async def test_first_deployed_it_leaves_alone_what_happened_before(
    settings: Settings, pool: asyncpg.Pool, vault: Vault
) -> None:
    log, handler = many_parcels(40), Handler()
    late = shelves(name="late", from_beginning=False)
    await publish(settings, log.facts)
    async with reacting(settings, pool, vault, handler, late):
        await until(lambda: taken(pool, late, log.facts))
        assert not handler.calls
        log.append(stream := uuid4(), ParcelSeen(place="depot 1", at=AT))
        await publish(settings, log.facts[-1:])
        await until(lambda: _called(handler))
    assert collected(handler) == [stream]


async def _called(handler: Handler) -> bool:
    return bool(handler.calls)


async def test_what_kafka_has_committed_does_not_decide(
    settings: Settings, pool: asyncpg.Pool, vault: Vault
) -> None:
    log, handler, reaction = many_parcels(100), Handler(), shelves()
    await publish(settings, log.facts)
    async with reacting(settings, pool, vault, handler, reaction):
        await until(lambda: _all_answered(log, handler))
    # A restored database knows less than Kafka's offsets say.
    await pool.execute("UPDATE checkpoint SET topics = '{}'")
    await pool.execute("DELETE FROM reaction_memory")
    again = Handler()
    async with reacting(settings, pool, vault, again, reaction):
        log.append(uuid4(), ParcelSeen(place="depot 1", at=AT))
        await publish(settings, log.facts[-1:])
        partition = log.facts[-1].partition
        await until(lambda: taken(pool, reaction, [f for f in log.facts if f.partition == partition]))


async def test_a_full_outbox_holds_the_events_back(
    settings: Settings, pool: asyncpg.Pool, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "MOST_WAITING", 20)
    monkeypatch.setattr(subscription, "RECORDS_AT_ONCE", 10)
    log = Log()
    log.append(uuid4(), ParcelPosted(contact_id=ANNA, grams=1, label="depot"))
    await publish(settings, log.facts)
    for _ in range(200):
        log.append(uuid4(), ParcelSeen(place="depot", at=AT))
    handler = Handler()
    away = [Problem("unavailable", "")]
    handler.raises = lambda call: away[0] if away else None
    async with reacting(settings, pool, vault, handler, shelves()) as reactor:
        await until(lambda: taken(pool, shelves(), log.facts[:1]))
        await publish(settings, log.facts[1:])
        await until(lambda: _outbox(pool, 20))
        assert not await _outbox(pool, 20 + 10)  # the limit, and the batch that passed it
        await until(lambda: _degraded(reactor, shelves().name))
        away.clear()
        await until(lambda: taken(pool, shelves(), log.facts))
        await until(lambda: _outbox(pool, 0))
    assert sorted(set(collected(handler))) == seen(log)


async def _outbox(pool: asyncpg.Pool, commands: int) -> bool:
    """Whether so many commands wait; 0: none."""
    found = int(await pool.fetchval("SELECT count(*) FROM outbox"))
    return found >= commands if commands else not found


async def test_a_header_that_is_no_text_costs_no_event(
    settings: Settings, pool: asyncpg.Pool, vault: Vault
) -> None:
    log, handler = many_parcels(20), Handler()
    await publish(settings, log.facts[:10])
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka)
    await producer.start()
    strange, name = log.facts[10], topic(settings, "parcels", 1)
    headers = [("content-type", b"\xff\xfe")]
    await producer.send_and_wait(name, strange.raw, partition=strange.partition, headers=headers)
    await producer.stop()
    await publish(settings, log.facts[11:])
    async with reacting(settings, pool, vault, handler, shelves()):
        await until(lambda: _all_answered(log, handler))
    assert collected(handler) == seen(log)


async def test_a_database_that_goes_away_and_comes_back_loses_nothing(
    settings: Settings, pool: asyncpg.Pool, vault: Vault
) -> None:
    log, handler, reaction = many_parcels(300), Handler(), shelves()
    await publish(settings, log.facts[:100])
    async with wired(settings) as (through, wire):
        wire_pool = await connect_pool(through, "contacts_log", max_size=4)
        async with reacting(settings, wire_pool, vault, handler, reaction) as reactor:
            await until(lambda: taken(pool, reaction, log.facts[:100]))
            wire.cut()
            await publish(settings, log.facts[100:])
            await until(lambda: _degraded(reactor, "database"))
            wire.mend()
            await until(lambda: taken(pool, reaction, log.facts))
            await until(lambda: _outbox(pool, 0))
        wire_pool.terminate()
    assert sorted(set(collected(handler))) == seen(log)


async def test_a_killed_broker_delays_reactions_and_loses_none(
    database: Settings, pool: asyncpg.Pool, vault: Vault, tmp_path: Path
) -> None:
    broker = Broker(tmp_path / "kafka")
    await broker.start()
    settings = database.model_copy(update={"kafka": broker.bootstrap})
    log, handler, reaction = many_parcels(200), Handler(), shelves()
    await publish(settings, log.facts[:100])
    try:
        async with reacting(settings, pool, vault, handler, reaction) as reactor:
            await until(lambda: taken(pool, reaction, log.facts[:100]))
            broker.kill()
            await until(lambda: _degraded(reactor, "kafka"))
            await broker.start()
            await publish(settings, log.facts[100:])
            await until(lambda: _all_answered(log, handler), 60)
    finally:
        broker.kill()
    assert collected(handler) == seen(log)
