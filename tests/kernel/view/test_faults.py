"""Workers that are killed, stopped or joined by others leave every view as its fold."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from kernel.metrics import VIEW_GAPS
from kernel.settings import Settings
from ops.local.home import variables
from tests.kernel.view.conftest import assert_each_view_is_its_fold, caught_up, working
from tests.parcels.log import publish
from tests.parcels.posting import some_parcels
from tests.parcels.views import LOAD
from tests.waiting import until

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> AsyncIterator[Start]:
    """Starts workers as processes of their own, with an optional failpoint; all ended at the test's end."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(failpoint: str = "") -> subprocess.Popen[bytes]:
        port = {**settings.port, "worker": settings.port[f"{('contacts', 'sales')[len(started) % 2]}_relay"]}
        told = variables.of(settings.model_copy(update={"port": port}))
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "tests.parcels.worker"],
                env={**os.environ, **told, "RAPPORT_FAILPOINT": failpoint},
                stdout=log,
                stderr=log,
            )
        started.append(worker)
        return worker

    yield begin
    for worker in started:
        worker.kill()
        worker.wait()


async def has_ended(worker: subprocess.Popen[bytes]) -> None:
    async def ended() -> bool:
        return worker.poll() is not None

    await until(ended)


@pytest.mark.parametrize("where", ["view.folded", "view.committed"])
async def test_a_worker_that_dies_at_the_commit_neither_loses_nor_repeats(
    settings: Settings, pool: asyncpg.Pool, start: Start, where: str
) -> None:
    log = some_parcels(200)
    await publish(settings, log.facts)
    dying = start(where)
    await has_ended(dying)
    assert dying.returncode == 137
    start()
    await caught_up(pool, log.facts)
    await assert_each_view_is_its_fold(pool, log)


async def test_a_second_worker_joins_and_the_first_is_killed_in_the_middle(
    settings: Settings, pool: asyncpg.Pool, start: Start
) -> None:
    log = some_parcels(3_000)
    first = start()
    third = len(log.facts) // 3
    await publish(settings, log.facts[:third])

    async def some() -> bool:
        return bool(await pool.fetchval(f"SELECT count(*) FROM {LOAD.table_name}"))

    await until(some)
    start()
    await publish(settings, log.facts[third : 2 * third])
    first.kill()
    await publish(settings, log.facts[2 * third :])
    await caught_up(pool, log.facts, seconds=60)
    await assert_each_view_is_its_fold(pool, log)


async def test_workers_come_and_go_while_events_flow(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(1_000)
    parts = [log.facts[n : n + 800] for n in range(0, len(log.facts), 800)]
    alarms = VIEW_GAPS.labels(LOAD.table_name)._value.get()
    await publish(settings, parts[0])
    async with working(settings, pool):
        for part in parts[1:]:
            async with working(settings, pool):
                await publish(settings, part)
        await caught_up(pool, log.facts, seconds=60)
    await assert_each_view_is_its_fold(pool, log)
    assert VIEW_GAPS.labels(LOAD.table_name)._value.get() == alarms


async def test_a_worker_that_is_told_to_stop_ends_soon(
    settings: Settings, pool: asyncpg.Pool, start: Start
) -> None:
    log = some_parcels(100)
    await publish(settings, log.facts)
    worker = start()
    await caught_up(pool, log.facts)
    worker.terminate()
    async with asyncio.timeout(10):
        await has_ended(worker)
    assert worker.returncode == 0
