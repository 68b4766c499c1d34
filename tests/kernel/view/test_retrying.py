"""What a view has parked is tried again, in the order of its streams, and is then as if it never had been."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any
from uuid import uuid5

import asyncpg
import pytest

from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint, Gone, every
from kernel.taking.parking import retrying
from kernel.taking.parking.retrying import Retried
from kernel.taking.parking.which import WaitsBehind, Which
from kernel.view.batch.applying import apply
from tests.folding import fold_all
from tests.kernel.view.conftest import retry, rows_of
from tests.kernel.view.parked import BAD, a_log_with, mended, numbers, reasons
from tests.parcels.events import ParcelSeen, ParcelWeighed
from tests.parcels.log import Log
from tests.parcels.views import PARCEL, POISON, VIEWS, Parcel

BEHIND = "waits behind a parked event of its stream"


def arrivals_of(log: Log) -> list[Arrival]:
    reading = Reading(VIEWS)
    return [reading.read(fact.service, 1, fact.partition, fact.position - 1, fact.raw) for fact in log.facts]


@pytest.fixture
async def log(pool: asyncpg.Pool) -> Log:
    """In two streams a poison event and two behind it are parked; the rest is taken."""
    log = a_log_with(POISON, streams=2)
    await apply(pool, PARCEL, arrivals_of(log))
    assert await reasons(pool) == ["ValueError", BEHIND, BEHIND] * 2
    return log


async def assert_nothing_is_parked(pool: asyncpg.Pool) -> None:
    assert await reasons(pool) == []
    assert await pool.fetchval("SELECT sum(parked) FROM checkpoint") == 0


@pytest.mark.parametrize("at_once", [1, 2, 1_000])
async def test_after_a_mended_fold_and_retry_the_view_is_as_if_nothing_had_been_parked(
    pool: asyncpg.Pool, log: Log, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "EVENTS_AT_ONCE", at_once)
    assert await retry(pool, PARCEL) == Retried(taken=0, left=6)
    assert await retry(pool, mended) == Retried(taken=6, left=0)
    assert await rows_of(pool, PARCEL) == fold_all(mended, log.facts)
    await assert_nothing_is_parked(pool)


async def test_one_event_is_tried_alone_and_what_waits_behind_it_waits_on(
    pool: asyncpg.Pool, log: Log
) -> None:
    first, *behind = await numbers(pool, BAD)
    assert await retry(pool, mended, which=Which(first)) == Retried(taken=1, left=0)
    assert await numbers(pool, BAD) == behind
    log.append(BAD, ParcelSeen(place="moon", at=log.facts[0].envelope.occurred_at))
    assert (await apply(pool, PARCEL, arrivals_of(log))).parked == 1
    assert await retry(pool, mended) == Retried(taken=6, left=0)
    assert await rows_of(pool, PARCEL) == fold_all(mended, log.facts)


async def test_one_that_is_not_the_first_of_its_stream_is_refused(pool: asyncpg.Pool, log: Log) -> None:
    first, second, third = await numbers(pool, BAD)
    for seq in (second, third):
        with pytest.raises(WaitsBehind) as refused:
            await retry(pool, mended, which=Which(seq))
        assert refused.value.seq == first
    assert len(await reasons(pool)) == 6


async def test_one_stream_is_tried_whole_and_no_other(pool: asyncpg.Pool, log: Log) -> None:
    assert await retry(pool, mended, which=Which(stream_id=BAD)) == Retried(taken=3, left=0)
    assert await numbers(pool, BAD) == []
    assert await reasons(pool) == ["ValueError", BEHIND, BEHIND]
    others = [fact for fact in log.facts if fact.envelope.stream_id == BAD]
    rows = await rows_of(pool, PARCEL)
    assert rows.items() >= fold_all(mended, others).items()


async def test_what_fails_again_says_why_it_failed_this_time(pool: asyncpg.Pool, log: Log) -> None:
    def otherwise(row: Parcel, fact: Any) -> Parcel:
        if fact.envelope.version == 3:
            raise LookupError
        return row

    assert await retry(pool, replace(PARCEL, fold=otherwise)) == Retried(taken=2, left=4)
    assert await reasons(pool) == ["LookupError", BEHIND] * 2
    frames = await pool.fetchval("SELECT frames FROM parked WHERE reason = 'LookupError'")
    assert "otherwise" in frames


async def test_a_value_that_the_database_refuses_again_stays_and_keeps_no_other_stream_back(
    pool: asyncpg.Pool,
) -> None:
    log = a_log_with(2**80, streams=1)
    await apply(pool, PARCEL, arrivals_of(log))
    log = a_log_with(POISON, streams=2, log=log)
    await apply(pool, PARCEL, arrivals_of(log))
    before = len(await reasons(pool))
    assert (await retry(pool, mended)).left == len(await reasons(pool)) < before


async def test_two_who_try_at_once_while_a_worker_goes_on_take_each_event_once_and_in_order(
    pool: asyncpg.Pool,
) -> None:
    log = a_log_with(POISON, streams=30)
    arrivals = arrivals_of(log)
    await apply(pool, PARCEL, arrivals)
    for number in range(5):
        for stream in {fact.envelope.stream_id for fact in log.facts[:40]}:
            log.append(stream, ParcelWeighed(contact_id=BAD, grams=number, before=0))

    async def worker(found: Sequence[Arrival]) -> None:
        for n in range(0, len(found), 20):
            await apply(pool, mended, found[n : n + 20])

    tried = await asyncio.gather(
        worker(arrivals_of(log)[len(arrivals) :]), *(retry(pool, mended) for _ in range(2))
    )
    assert tried[1] is not None
    await retry(pool, mended)
    assert await rows_of(pool, PARCEL) == fold_all(mended, log.facts)
    await assert_nothing_is_parked(pool)


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_is_parked_and_tried_when_the_view_ends_as_if_nothing_had_been(
    pool: asyncpg.Pool, seed: int
) -> None:
    chance = Random(seed)
    log = Log()
    streams = [uuid5(BAD, str(number)) for number in range(8)]
    for number in range(120):
        grams = POISON if chance.random() < 0.15 else number
        log.append(chance.choice(streams), ParcelWeighed(contact_id=BAD, grams=grams, before=0))
    left = arrivals_of(log)
    heads: dict[int, Checkpoint] = {}
    while left:
        size = chance.randint(1, 12)
        batch, left = left[:size], left[size:]
        fold = chance.choice((PARCEL, PARCEL, mended))
        heads |= (await apply(pool, fold, batch, chance.choice((heads, None)))).checkpoints
        numbered = [row["seq"] for row in await pool.fetch("SELECT seq FROM parked")]
        which = chance.choice(
            [Which(), Which(stream_id=chance.choice(streams)), *(Which(seq) for seq in numbered[:3])]
        )
        with suppress(WaitsBehind):
            await retry(pool, chance.choice((PARCEL, mended)), which=which)
    await retry(pool, mended)
    assert await rows_of(pool, PARCEL) == fold_all(mended, log.facts)
    await assert_nothing_is_parked(pool)


async def test_a_version_that_was_dropped_meanwhile_is_gone(pool: asyncpg.Pool, log: Log) -> None:
    async with pool.acquire() as db:
        taken = await every(db, [PARCEL])
    assert taken[PARCEL.taker]
    gone = replace(PARCEL, build=9)
    await pool.execute(
        "INSERT INTO parked (taker, partition, service, topic_offset, value, reason, frames)"
        " VALUES ($1, 0, 'parcels', 0, '', 'ValueError', '')",
        gone.taker,
    )
    with pytest.raises(Gone):
        await retry(pool, gone)
