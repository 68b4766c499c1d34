"""A batch is taken once, by two round trips or by more, whoever else takes it at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid5

import asyncpg

from kernel.taking.applied import Applied
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint, Checkpoints, every
from kernel.taking.parking.retrying import Retried
from kernel.view.batch import optimistic
from kernel.view.batch.applying import apply, apply_together
from tests.folding import fold_all
from tests.kernel.view.conftest import retry, rows_of
from tests.parcels.events import ParcelPosted, ParcelWeighed
from tests.parcels.log import ORG, Log
from tests.parcels.posting import some_parcels
from tests.parcels.views import LOAD, PARCEL, POISON, VIEWS

UNTOUCHED = {partition: Checkpoint(partition) for partition in range(12)}


def arrivals_of(log: Log) -> list[Arrival]:
    reading = Reading(VIEWS)
    return [
        reading.read(fact.service, 1, fact.partition, fact.position - 1, fact.raw)
        for fact in sorted(log.facts, key=lambda fact: (fact.partition, fact.position))
    ]


async def take(pool: asyncpg.Pool, arrivals: Sequence[Arrival], expected: Checkpoints) -> Applied | None:
    async with pool.acquire() as db:
        ready = await optimistic.prepare(db, PARCEL, arrivals, expected)
        return ready.applied if ready is not None and await optimistic.finish(db, [ready]) else None


async def test_a_batch_after_the_expected_checkpoints_is_taken_without_locking_first(
    pool: asyncpg.Pool,
) -> None:
    log = some_parcels(50)
    arrivals = arrivals_of(log)
    first = await take(pool, arrivals[:90], UNTOUCHED)
    assert first is not None
    assert await take(pool, arrivals[90:], {**UNTOUCHED, **first.checkpoints}) is not None
    assert await rows_of(pool, PARCEL) == fold_all(PARCEL, log.facts)


async def test_a_batch_is_left_whole_when_a_checkpoint_is_not_where_it_was_expected(
    pool: asyncpg.Pool,
) -> None:
    arrivals = arrivals_of(some_parcels(50))
    await apply(pool, PARCEL, arrivals[:10])
    before = await rows_of(pool, PARCEL)
    assert await take(pool, arrivals, UNTOUCHED) is None
    assert await rows_of(pool, PARCEL) == before
    assert await take(pool, arrivals, {}) is None


async def test_a_small_batch_is_taken_for_all_views_at_once(pool: asyncpg.Pool) -> None:
    log = some_parcels(50)
    arrivals = arrivals_of(log)
    expected: dict[str, dict[int, Checkpoint]] = {view.table_name: dict(UNTOUCHED) for view in VIEWS}
    for n in range(0, len(arrivals), 40):
        taken = await apply_together(pool, VIEWS, arrivals[n : n + 40], expected)
        assert taken is not None
        assert taken.keys() == expected.keys()
        for table, applied in taken.items():
            expected[table].update(applied.checkpoints)
    for view in VIEWS:
        assert await rows_of(pool, view) == fold_all(view, log.facts)


async def test_no_view_takes_a_batch_when_one_of_them_is_not_where_it_was_expected(
    pool: asyncpg.Pool,
) -> None:
    arrivals = arrivals_of(some_parcels(20))
    await apply(pool, PARCEL, arrivals[:10])
    expected = {view.table_name: UNTOUCHED for view in VIEWS}
    assert await apply_together(pool, VIEWS, arrivals, expected) is None
    assert await rows_of(pool, LOAD) == {}


async def test_a_small_batch_with_a_value_that_the_database_refuses_is_left_to_each_view(
    pool: asyncpg.Pool,
) -> None:
    log = some_parcels(3)
    log.append(uuid5(ORG, "parcel 1"), ParcelWeighed(contact_id=ORG, grams=2**80, before=4))
    expected = {view.table_name: UNTOUCHED for view in VIEWS}
    assert await apply_together(pool, VIEWS, arrivals_of(log), expected) is None
    assert await rows_of(pool, LOAD) == {}


async def test_what_is_parked_costs_the_other_streams_no_transaction_of_their_own(pool: asyncpg.Pool) -> None:
    log = Log()
    poisoned = uuid5(ORG, "parcel 1")
    for first in range(0, 40, 4):
        some_parcels(first + 4, log, first)
        grams = POISON if first == 0 else 7
        log.append(poisoned, ParcelWeighed(contact_id=ORG, grams=grams, before=4))
    arrivals = arrivals_of(log)
    expected: dict[str, dict[int, Checkpoint]] = {view.table_name: dict(UNTOUCHED) for view in VIEWS}
    for n in range(0, len(arrivals), 9):
        taken = await apply_together(pool, VIEWS, arrivals[n : n + 9], expected)
        assert taken is not None
        for table, applied in taken.items():
            expected[table].update(applied.checkpoints)
    kept = [fact for fact in log.facts if fact.envelope.stream_id != poisoned or fact.envelope.version < 5]
    assert await rows_of(pool, PARCEL) == fold_all(PARCEL, kept)
    assert await rows_of(pool, LOAD) == fold_all(LOAD, log.facts)
    assert await pool.fetchval("SELECT count(*) FROM parked") == 10
    assert await every(pool, VIEWS) == expected


async def test_a_batch_is_left_whole_when_what_was_parked_has_been_taken_meanwhile(
    pool: asyncpg.Pool,
) -> None:
    log = some_parcels(2)
    parcel = uuid5(ORG, "parcel 1")
    log.append(parcel, ParcelWeighed(contact_id=ORG, grams=POISON, before=4))
    applied = await apply(pool, PARCEL, arrivals_of(log))
    log.append(parcel, ParcelWeighed(contact_id=ORG, grams=7, before=4))
    later = [arrival for arrival in arrivals_of(log) if arrival.raw == log.facts[-1].raw]
    async with pool.acquire() as db:
        ready = await optimistic.prepare(db, PARCEL, later, applied.checkpoints)
        assert ready is not None
        assert await retry(pool, replace(PARCEL, fold=lambda row, _: row)) == Retried(taken=1, left=0)
        assert not await optimistic.finish(db, [ready])


async def test_two_who_take_the_same_batches_take_each_event_once(pool: asyncpg.Pool) -> None:
    log = some_parcels(120)
    arrivals = arrivals_of(log)

    async def worker() -> None:
        expected = dict(UNTOUCHED)
        for n in range(0, len(arrivals), 7):
            expected.update((await apply(pool, LOAD, arrivals[n : n + 7], expected)).checkpoints)

    await asyncio.gather(worker(), worker(), worker())
    assert await rows_of(pool, LOAD) == fold_all(LOAD, log.facts)


async def test_what_cannot_be_taken_is_parked_all_the_same(pool: asyncpg.Pool) -> None:
    log = some_parcels(5)
    stream = uuid5(ORG, "parcel 3")
    for grams in (POISON, 2**80, 7):
        log.append(stream, ParcelWeighed(contact_id=stream, grams=grams, before=4))
    log.append(uuid5(ORG, "another"), ParcelPosted(contact_id=stream, grams=2**80))
    applied = await apply(pool, PARCEL, arrivals_of(log), UNTOUCHED)
    assert applied.parked == 4
    rows = await rows_of(pool, PARCEL)
    assert {row.version for row in rows.values()} == {4}
    assert len(rows) == 5
