"""A parked event is dropped on record, and the view goes on without it."""

from __future__ import annotations

import asyncpg
import pytest

from kernel.taking.arrivals import Reading
from kernel.taking.parking.dropping import drop
from kernel.taking.parking.retrying import Retried
from kernel.taking.parking.which import WaitsBehind, Which
from kernel.view.batch.applying import apply
from tests.folding import fold_all
from tests.kernel.view.conftest import retry, rows_of
from tests.kernel.view.parked import BAD, a_log_with, mended, numbers, reasons
from tests.kernel.view.test_retrying import arrivals_of
from tests.parcels.log import Log
from tests.parcels.views import PARCEL, POISON, VIEWS


@pytest.fixture
async def log(pool: asyncpg.Pool) -> Log:
    log = a_log_with(POISON, streams=2)
    await apply(pool, PARCEL, arrivals_of(log))
    return log


async def test_the_first_of_a_stream_is_dropped_and_those_behind_it_can_be_taken(
    pool: asyncpg.Pool, log: Log
) -> None:
    first, *behind = await numbers(pool, BAD)
    assert await drop(pool, PARCEL.taker, Which(first), "weighed in jest", "ada@desk") == 1
    assert await numbers(pool, BAD) == behind
    assert await retry(pool, PARCEL, which=Which(stream_id=BAD)) == Retried(taken=2, left=0)
    poison = next(fact for fact in log.facts if fact.envelope.stream_id == BAD and fact.envelope.version == 2)
    without = [fact for fact in log.facts if fact is not poison and fact.envelope.stream_id == BAD]
    assert (await rows_of(pool, PARCEL)).items() >= fold_all(PARCEL, without).items()
    record = await pool.fetchrow("SELECT * FROM dropped")
    assert (record["seq"], record["taker"], record["stream_id"]) == (first, PARCEL.taker, BAD)
    assert (record["event_id"], record["type"]) == (poison.envelope.event_id, poison.envelope.type)
    assert record["position"] == poison.position
    assert (record["parked_for"], record["reason"]) == ("ValueError", "weighed in jest")
    assert record["dropped_by"] == "ada@desk"
    assert await pool.fetchval("SELECT sum(parked) FROM checkpoint") == 3


async def test_one_that_waits_behind_another_is_not_dropped(pool: asyncpg.Pool, log: Log) -> None:
    first, second, _ = await numbers(pool, BAD)
    with pytest.raises(WaitsBehind) as refused:
        await drop(pool, PARCEL.taker, Which(second), "why not", "ada@desk")
    assert refused.value.seq == first
    assert len(await reasons(pool)) == 6


async def test_a_whole_stream_is_dropped_and_what_comes_later_to_it_is_taken(
    pool: asyncpg.Pool, log: Log
) -> None:
    assert await drop(pool, PARCEL.taker, Which(stream_id=BAD), "lost", "ada@desk") == 3
    assert len(await reasons(pool)) == 3
    log.append(BAD, log.facts[-1].event)
    assert (await apply(pool, PARCEL, arrivals_of(log))).parked == 0
    later = [fact for fact in log.facts if fact.envelope.stream_id == BAD and fact.envelope.version in (1, 5)]
    assert (await rows_of(pool, PARCEL)).items() >= fold_all(PARCEL, later).items()


async def test_what_is_no_event_is_dropped_too(pool: asyncpg.Pool, log: Log) -> None:
    await apply(pool, PARCEL, [Reading(VIEWS).read("parcels", 1, 0, 10_000, b"{")])
    assert len(await reasons(pool)) == 7
    assert await drop(pool, PARCEL.taker, Which(), "clean", "ada@desk") == 7
    assert await pool.fetchval("SELECT count(*) FROM dropped WHERE event_id IS NULL") == 1
    assert await pool.fetchval("SELECT sum(parked) FROM checkpoint") == 0


async def test_a_view_is_not_changed_by_what_another_drops(pool: asyncpg.Pool, log: Log) -> None:
    assert await drop(pool, "load__v1", Which(stream_id=BAD), "not here", "ada@desk") == 0
    assert await retry(pool, mended) == Retried(taken=6, left=0)
