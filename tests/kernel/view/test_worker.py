"""The worker brings what is on the topics into the views, each event once, repeated or not."""

from __future__ import annotations

import asyncio
import time

import asyncpg
import httpx
import pytest
from prometheus_client import REGISTRY

from kernel.log.topics import ensure_topic, topic
from kernel.metrics import CONSUMER_ERRORS
from kernel.settings import Settings
from kernel.taking.checkpoints import every
from kernel.taking.generations import Topics
from kernel.view.worker.progress import HORIZONS
from kernel.view.worker.worker import Worker
from kernel.web.operational import serve_operational
from tests.folding import fold_all
from tests.kernel.view.conftest import assert_each_view_is_its_fold, caught_up, rows_of, working
from tests.parcels.log import publish
from tests.parcels.posting import some_parcels
from tests.parcels.views import PARCEL, VIEWS
from tests.waiting import until


async def test_every_view_has_the_fold_of_the_log(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(500)
    await publish(settings, log.facts)
    async with working(settings, pool):
        await caught_up(pool, log.facts)
    await assert_each_view_is_its_fold(pool, log)
    assert len(await rows_of(pool, PARCEL)) == 500


async def test_repeats_on_the_topic_are_taken_once(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(50)
    await publish(settings, [*log.facts, *log.facts[:80], *log.facts])
    async with working(settings, pool):
        await caught_up(pool, log.facts)
        await publish(settings, log.facts)
        before = len(log.facts)
        some_parcels(60, log, first=50)
        await publish(settings, log.facts[before:])
        await caught_up(pool, log.facts)
    await assert_each_view_is_its_fold(pool, log)


async def test_a_gap_stops_its_partition_and_raises_an_alarm(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(100)
    missing = log.facts[200]
    await publish(settings, [fact for fact in log.facts if fact is not missing])
    others = [fact for fact in log.facts if fact.partition != missing.partition]
    until_then = [f for f in log.facts if f.partition == missing.partition and f.position < missing.position]
    async with working(settings, pool) as worker:
        await caught_up(pool, [*others, *until_then])
        alarms = {"view": PARCEL.table_name}

        async def alarmed() -> bool:
            return (REGISTRY.get_sample_value("rapport_view_gaps_total", alarms) or 0) >= 3

        await until(alarmed)
        assert f"parcels {missing.partition}" in (await worker.progress.readiness()).degraded["gap"]
    for view in VIEWS:
        assert await rows_of(pool, view) == fold_all(view, [*others, *until_then])


async def test_an_offset_that_points_too_far_is_mended(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(100)
    await publish(settings, log.facts)
    await pool.execute(
        """UPDATE checkpoint SET topics = '{"parcels": {"offset": 17}}' WHERE taker = 'parcel__v1'"""
    )
    async with working(settings, pool):
        await caught_up(pool, log.facts)
    assert await rows_of(pool, PARCEL) == fold_all(PARCEL, log.facts)


async def test_a_worker_waits_for_topics_that_are_not_there_yet(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    log = some_parcels(5)
    async with working(settings, pool) as worker:
        assert (await worker.progress.readiness()).ready
        await asyncio.sleep(0)
        await ensure_topic(settings, topic(settings, "parcels", 1))
        await publish(settings, log.facts)
        await caught_up(pool, log.facts)


async def test_a_topic_that_appears_later_is_followed_and_is_no_error(
    settings: Settings, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log, later = some_parcels(5), topic(settings, "letters", 1)
    topics = Worker.topics

    async def with_letters(worker: Worker) -> Topics:
        return {**await topics(worker), later: ("letters", 1)}

    monkeypatch.setattr(Worker, "topics", with_letters)
    errors = CONSUMER_ERRORS.labels("views")._value.get()
    await publish(settings, log.facts)
    with caplog.at_level("INFO", "kernel.view.worker"):
        async with working(settings, pool):
            await caught_up(pool, log.facts)
            await ensure_topic(settings, later)

            async def appeared() -> bool:
                return bool(caplog.records)

            await until(appeared)
            before = len(log.facts)
            some_parcels(10, log, first=5)
            await publish(settings, log.facts[before:])
            await caught_up(pool, log.facts)
    assert [(line.levelname, line.message) for line in caplog.records] == [("INFO", "topics appeared")]
    assert CONSUMER_ERRORS.labels("views")._value.get() == errors


async def test_a_record_after_a_quiet_time_finds_the_same_consumer(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    log = some_parcels(5)
    await publish(settings, log.facts)
    async with working(settings, pool) as worker:
        await caught_up(pool, log.facts)
        now = time.time()
        worker.progress.watch.clock = lambda: now

        async def looked() -> bool:
            return worker.progress.watch._still_since == now

        await until(looked)
        now += 36_000
        end = worker.progress.watch.ends["parcels", 0]
        worker.progress.reached_kafka({("parcels", 0): end + 1})
        assert not worker.progress.stands_still(30)
        now += 31
        worker.progress.failed(HORIZONS, OSError())  # no reason why records should not come
        worker.progress.reached_kafka({("parcels", 0): end + 1})
        assert worker.progress.stands_still(30)


async def test_a_worker_that_begins_before_a_gap_tells_for_how_long_the_next_record_has_waited(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    log = some_parcels(100)
    await publish(settings, [fact for fact in log.facts if fact is not log.facts[200]])
    async with working(settings, pool) as worker:
        await until(lambda: _waits(worker, 0))
    async with working(settings, pool) as worker:
        worker.progress.watch.clock = lambda: time.time() + 600
        await until(lambda: _waits(worker, 600))


async def _waits(worker: Worker, seconds: float) -> bool:
    await worker.progress.readiness()
    labels = {"view": PARCEL.table_name}
    gap = worker.progress.gaps.places
    return bool(gap) and (REGISTRY.get_sample_value("rapport_view_lag_seconds", labels) or 0) > seconds


async def test_the_operator_is_told_the_lag(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(5)
    await publish(settings, log.facts)
    port = settings.port["worker"]
    async with (
        working(settings, pool) as worker,
        serve_operational(settings, port, worker.progress.readiness),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as operator,
    ):
        await caught_up(pool, log.facts)

        async def measured() -> bool:
            return 'rapport_view_lag_events{view="parcel__v1"} 0.0' in (await operator.get("/metrics")).text

        await until(measured)
        assert 'rapport_view_lag_seconds{view="parcel__v1"} 0.0' in (await operator.get("/metrics")).text
        assert (await operator.get("/readyz")).json()["lag"] == {"parcel": 0, "load": 0, "sighting": 0}


async def test_the_views_keep_to_their_own_checkpoints(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(100)
    await publish(settings, log.facts)
    async with working(settings, pool, VIEWS[:1]):
        await caught_up(pool, log.facts, VIEWS[:1])
    async with working(settings, pool):
        await caught_up(pool, log.facts)
    await assert_each_view_is_its_fold(pool, log)
    found = await every(pool, VIEWS)
    positions = [{n: c.head("parcels").position for n, c in found[view.table_name].items()} for view in VIEWS]
    assert positions[0] == positions[1] == positions[2]
