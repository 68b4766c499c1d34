"""Several processes fill a version: each partition by one of them, and all of them or none to the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from kernel.database import connect_pool
from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.view.building import beside
from kernel.view.building.build import Taken
from ops.errors import CannotRun
from ops.rebuilding import crew
from ops.rebuilding.member import Alone, Answer, tell
from services.projections.customers.person import PERSON
from tests.conftest import Processes
from tests.kernel.view.conftest import rows_of
from tests.ops.verify.showing import Shown, showing
from tests.waiting import until

SECOND = replace(PERSON, build=2)


@pytest.fixture
async def shown(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    """A log that is on its topic, views of all of it, and a second build that is begun."""
    async with showing(settings, postgres, tmp_path) as made:
        await made.log.publish()
        owners = await connect_pool(settings, "projections_owner", max_size=1)
        async with owners.acquire() as owner:
            assert await beside.begun(owner, PERSON) == SECOND
        await owners.close()
        yield made


def members(of: int | None = None) -> list[psutil.Process]:
    """The processes that fill for this one, or for another."""
    return [
        process
        for process in psutil.Process(of).children()
        if process.status() != psutil.STATUS_ZOMBIE and "ops.rebuilding.member" in process.cmdline()
    ]


async def fill(settings: Settings, workers: int, tell: Taken) -> None:
    """The second build, by so many."""
    async with crew.started(settings, SECOND, None, workers) as members:
        await members.fill(range(PARTITIONS), tell)


async def taken(shown: Shown) -> int:
    found = (await checkpoints.every(shown.worker, [SECOND]))[SECOND.table_name]
    return sum(checkpoint.head("contacts").position for checkpoint in found.values())


async def test_what_several_fill_together_is_what_live_work_has_made(shown: Shown) -> None:
    together, batches = asyncio.Barrier(3), 0

    async def tell(_records: int) -> None:
        nonlocal batches
        batches += 1
        if batches <= 3:
            await together.wait()

    async with asyncio.timeout(60):
        await fill(shown.log.settings, 3, tell)
    assert await rows_of(shown.worker, SECOND) == await rows_of(shown.worker, PERSON) != {}
    assert batches == len(await partitions(shown))
    assert members() == []


async def test_those_who_are_held_to_few_events_a_second_take_few_at_once(shown: Shown) -> None:
    sizes: list[int] = []

    async def tell(records: int) -> None:
        sizes.append(records)

    async with crew.started(shown.log.settings, SECOND, None, 1, most=20) as members:
        await members.fill(range(PARTITIONS), tell)
    assert max(sizes) == 2
    assert sum(sizes) == await everything(shown)


async def partitions(shown: Shown) -> set[int]:
    """Those of which something was taken."""
    found = (await checkpoints.every(shown.worker, [SECOND]))[SECOND.table_name]
    return {n for n, checkpoint in found.items() if checkpoint.head("contacts").position}


async def test_a_member_that_is_killed_ends_them_all_and_the_next_ones_go_on(shown: Shown) -> None:
    told = 0

    async def killing(_records: int) -> None:
        nonlocal told
        told += 1
        if told == 3:
            members()[0].kill()

    with pytest.raises(CannotRun, match=r"filling person__v1_2 ended with code -9; .* goes on there"):
        await fill(shown.log.settings, 2, killing)
    assert members() == []
    before, rest = await taken(shown), 0

    async def counting(records: int) -> None:
        nonlocal rest
        rest += records

    await fill(shown.log.settings, 2, counting)
    assert before + rest == await taken(shown) == await everything(shown)
    assert await rows_of(shown.worker, SECOND) == await rows_of(shown.worker, PERSON)


async def everything(shown: Shown) -> int:
    found = (await checkpoints.every(shown.worker, [PERSON]))[PERSON.table_name]
    return sum(checkpoint.head("contacts").position for checkpoint in found.values())


async def test_what_one_member_cannot_do_is_told_as_any_command_tells_it(shown: Shown) -> None:
    async def tell(_records: int) -> None:
        return

    lost = shown.log.settings.model_copy(update={"kafka": "127.0.0.1:1"})
    with pytest.raises(CannotRun, match="Kafka does not answer at "):
        await fill(lost, 2, tell)
    assert members() == []


async def test_members_end_when_whoever_started_them_is_killed(shown: Shown, processes: Processes) -> None:
    first = processes.start(
        "rebuild", "person", "--workers", "2", "--throttle", "15", settings=shown.log.settings
    )

    async def working() -> bool:
        return len(members(first.pid)) == 2 and await taken(shown) > 0

    await until(working)
    left = members(first.pid)
    first.kill()

    async def gone() -> bool:
        return not any(process.is_running() for process in left)

    await until(gone)


def test_a_member_whose_answer_nobody_hears_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, said = os.pipe()
    os.close(heard)
    with os.fdopen(said, "w") as nobody:
        monkeypatch.setattr("sys.stdout", nobody)
        with pytest.raises(Alone):
            tell(Answer(taken=7))


@pytest.mark.parametrize(
    ("left", "cores", "size"), [(0, 8, 1), (99_999, 8, 1), (100_000, 8, 2), (10**6, 2, 2), (10**6, 8, 4)]
)
def test_as_many_are_started_as_are_worth_it(
    monkeypatch: pytest.MonkeyPatch, left: int, cores: int, size: int
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert crew.size(left) == size
