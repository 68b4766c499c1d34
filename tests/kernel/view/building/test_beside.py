"""Versions beside the one that is read: begun once, followed soon, switched to without a step back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest

from kernel.database import connect_pool, read_as
from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.taking.checkpoints import Checkpoint, Head
from kernel.taking.parking.dropping import drop
from kernel.taking.parking.which import Which
from kernel.view import reading, versions
from kernel.view.building import beside
from kernel.view.building.beside import Behind, Refused
from kernel.view.tables import table_sql
from kernel.view.view import View
from kernel.view.worker import worker as worker_module
from tests.folding import fold_all
from tests.kernel.view.building.test_build import built, each_view
from tests.kernel.view.conftest import assert_each_view_is_its_fold, caught_up, rows_of, working
from tests.parcels.events import ParcelWeighed
from tests.parcels.log import ORG, Log, publish
from tests.parcels.posting import some_parcels
from tests.parcels.views import PARCEL, POISON, VIEWS
from tests.waiting import until

SECOND = replace(PARCEL, build=2)
EVERY_TABLE = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'parcel\\_\\_v1\\_2%'"


@pytest.fixture
async def owner(settings: Settings, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """The schema's owner, once the views are there."""
    owners = await connect_pool(settings, "projections_owner", max_size=1)
    async with owners.acquire() as owner:
        yield owner
    await owners.close()


async def followed(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection, view: View[Any] = PARCEL
) -> View[Any]:
    """A second build, filled and followed."""
    version = await beside.begun(owner, view)
    await built(settings, pool, version)
    await beside.follow(owner, version)
    return version


async def test_a_build_that_was_broken_off_is_begun_again_and_a_finished_one_is_not(
    owner: asyncpg.Connection,
) -> None:
    assert await beside.begun(owner, PARCEL) == SECOND
    assert await beside.begun(owner, PARCEL) == SECOND
    await beside.follow(owner, SECOND)
    assert await beside.begun(owner, PARCEL) == replace(PARCEL, build=3)


async def test_the_version_that_an_upgrade_made_is_the_one_to_be_filled(owner: asyncpg.Connection) -> None:
    upgraded = replace(PARCEL, number=2)
    await owner.execute(table_sql(upgraded))
    assert await versions.live(owner, upgraded) is None
    assert await beside.begun(owner, upgraded) == upgraded


async def test_every_version_is_told_with_its_fold_where_there_is_one(owner: asyncpg.Connection) -> None:
    await beside.begun(owner, PARCEL)
    found = {one.name: one for one in await versions.every(owner, [PARCEL])}
    assert (found["parcel__v1"].state, found["parcel__v1"].live) == ("followed", True)
    assert (found["parcel__v1_2"].state, found["parcel__v1_2"].live) == ("building", False)
    assert found["parcel__v1_2"].fold == SECOND
    assert found["load__v1"].fold is None
    assert await versions.followed(owner, [PARCEL]) == (PARCEL,)


async def test_workers_follow_a_version_soon_after_it_is_to_be_followed(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection
) -> None:
    log = some_parcels(50)
    await publish(settings, log.facts)
    async with working(settings, pool):
        await caught_up(pool, log.facts)
        await followed(settings, pool, owner)
        before = len(log.facts)
        some_parcels(90, log, first=50)
        await publish(settings, log.facts[before:])
        await caught_up(pool, log.facts, [*VIEWS, SECOND], seconds=10)
    assert await rows_of(pool, SECOND) == await rows_of(pool, PARCEL) == fold_all(PARCEL, log.facts)


async def test_a_new_version_waits_for_none_of_the_workers_slower_looks(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = some_parcels(50)
    await publish(settings, log.facts)
    monkeypatch.setattr(worker_module, "SECONDS_BETWEEN_LOOKS", 3_600.0)
    async with working(settings, pool) as worker:
        await caught_up(pool, log.facts)
        version = await followed(settings, pool, owner)

        async def taken_up() -> bool:
            return version in worker.progress.views

        await until(taken_up, seconds=10)


@each_view
async def test_workers_let_go_of_a_version_that_is_dropped_under_their_hands(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection, view: View[Any]
) -> None:
    log = some_parcels(20)
    await publish(settings, log.facts)
    async with working(settings, pool) as worker:
        version = await followed(settings, pool, owner, view)

        async def taken_up() -> bool:
            return version in worker.progress.views

        await until(taken_up)
        before = len(log.facts)
        some_parcels(300, log, first=20)
        await publish(settings, log.facts[before : before + 50])
        await beside.drop(owner, view, version.table_name)
        await publish(settings, log.facts[before + 50 : before + 250])
        await publish(settings, log.facts[before + 250 :])
        await caught_up(pool, log.facts, seconds=10)
        assert version not in worker.progress.views
    await assert_each_view_is_its_fold(pool, log)


async def test_a_version_that_is_behind_is_not_switched_to(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection
) -> None:
    log = some_parcels(50)
    await publish(settings, log.facts)
    async with working(settings, pool, [PARCEL]):
        await caught_up(pool, log.facts, [PARCEL])
    await beside.begun(owner, PARCEL)
    with pytest.raises(Behind, match=r"parcel__v1_2 is behind parcel__v1\. It lacks .* of parcels"):
        await beside.switch(owner, "parcel", "parcel__v1_2")
    assert await versions.live(owner, PARCEL) == PARCEL


async def test_a_version_is_switched_to_and_back(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection
) -> None:
    with pytest.raises(Refused, match="no former version"):
        await beside.former(owner, PARCEL)


async def test_what_was_dropped_of_a_version_stays_on_record_and_is_no_matter_of_a_later_one(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection
) -> None:
    log = Log()
    contact = uuid5(ORG, "contact 0")
    log.append(uuid5(ORG, "parcel 7"), ParcelWeighed(contact_id=contact, grams=POISON, before=0))
    await publish(settings, log.facts)
    await followed(settings, pool, owner)
    assert await drop(pool, "parcel__v1_2", Which(), "a test", "tester") == 1
    await beside.drop(owner, PARCEL, "parcel__v1_2")
    assert [tuple(row) for row in await owner.fetch("SELECT taker, ended FROM dropped")] == [
        ("parcel__v1_2", True)
    ]
    await publish(settings, some_parcels(20).facts)
    await followed(settings, pool, owner)
    await beside.switch(owner, "parcel", "parcel__v1_2")
    assert await versions.live(owner, PARCEL) == SECOND
    with pytest.raises(Refused, match="is read already"):
        await beside.switch(owner, "parcel", "parcel__v1_2")
    former = await beside.former(owner, PARCEL)
    await built(settings, pool, PARCEL)
    await beside.switch(owner, "parcel", former)
    assert await versions.live(owner, PARCEL) == PARCEL
    assert await beside.former(owner, PARCEL) == "parcel__v1_2"


async def test_who_reads_through_switches_sees_no_error_and_no_step_back(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection
) -> None:
    log, parcel, contact = some_parcels(30), uuid5(ORG, "parcel 3"), uuid5(ORG, "contact 3")
    await publish(settings, log.facts)
    seen: list[int] = []
    readers = await connect_pool(settings, "projections_app")

    async def read() -> None:
        while True:
            async with read_as(readers, ORG) as db:
                row = await reading.row(db, PARCEL, parcel)
            assert row is not None
            seen.append(row.version)

    async def weigh() -> None:
        while True:
            log.append(parcel, ParcelWeighed(contact_id=contact, grams=1, before=1))
            await publish(settings, log.facts[-1:])

    async def fill() -> None:
        """Apart from the worker and now and then, so that mostly one version is ahead."""
        version = await beside.begun(owner, PARCEL)
        while True:
            await built(settings, pool, version)
            await asyncio.sleep(0.2)

    async with working(settings, pool):
        await caught_up(pool, log.facts)
        filling = asyncio.create_task(fill())
        await until(lambda: _has(pool, SECOND, parcel))
        work = [filling, asyncio.create_task(read()), asyncio.create_task(weigh())]
        try:
            for switches in range(1, 7):

                async def moved(least: int = switches) -> bool:
                    return len(set(seen)) > least

                await until(moved, seconds=10)
                await _switched(owner, await _other(owner))
            assert not any(task.done() for task in work)
        finally:
            for task in work:
                task.cancel()
            await asyncio.wait(work)
    await readers.close()
    assert seen == sorted(seen)


async def _has(pool: asyncpg.Pool, view: View[Any], parcel: UUID) -> bool:
    with suppress(asyncpg.UndefinedTableError):  # it is being made
        return any(key == (parcel,) for _, key, _ in await rows_of(pool, view))
    return False


async def _other(owner: asyncpg.Connection) -> str:
    return "parcel__v1_2" if await versions.live(owner, PARCEL) == PARCEL else "parcel__v1"


async def _switched(owner: asyncpg.Connection, version: str) -> None:
    async def done() -> bool:
        try:
            await beside.switch(owner, "parcel", version)
        except Behind:
            return False
        return True

    await until(done)


async def test_the_version_that_is_read_is_not_dropped(owner: asyncpg.Connection) -> None:
    with pytest.raises(Refused, match="parcel__v1 is the version that is read"):
        await beside.drop(owner, PARCEL, "parcel__v1")
    with pytest.raises(Refused, match="parcel has no version load__v1"):
        await beside.drop(owner, PARCEL, "load__v1")


async def test_a_dropped_version_leaves_nothing_behind(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection
) -> None:
    log = Log()
    contact = uuid5(ORG, "contact 0")
    log.append(uuid5(ORG, "parcel 7"), ParcelWeighed(contact_id=contact, grams=POISON, before=0))
    await publish(settings, log.facts)
    await followed(settings, pool, owner)
    await beside.switch(owner, "parcel", "parcel__v1_2")
    await built(settings, pool, PARCEL)
    await beside.switch(owner, "parcel", "parcel__v1")
    parked = "SELECT count(*) FROM parked WHERE taker = 'parcel__v1_2'"
    assert await owner.fetchval(parked) == 1
    assert await owner.fetchval(EVERY_TABLE) == 2
    await beside.drop(owner, PARCEL, "parcel__v1_2")
    assert await owner.fetchval(parked) == 0
    assert await owner.fetchval(EVERY_TABLE) == 0
    assert await checkpoints.every(owner, [SECOND]) == {"parcel__v1_2": {}}
    assert [one.name for one in await versions.every(owner, VIEWS) if one.view == "parcel"] == ["parcel__v1"]
    with pytest.raises(Refused, match="no former version"):
        await beside.former(owner, PARCEL)


async def test_a_request_from_before_a_switch_is_answered_before_the_version_it_reads_is_dropped(
    settings: Settings, pool: asyncpg.Pool, owner: asyncpg.Connection
) -> None:
    await publish(settings, some_parcels(20).facts)
    await built(settings, pool, PARCEL)
    await followed(settings, pool, owner)
    readers = await connect_pool(settings, "projections_app")
    async with read_as(readers, ORG) as db:
        await beside.switch(owner, "parcel", "parcel__v1_2")
        dropping = asyncio.create_task(beside.drop(owner, PARCEL, "parcel__v1"))

        async def leaving() -> bool:
            return {one.name: one.state for one in await versions.every(pool, VIEWS)}[
                "parcel__v1"
            ] == "leaving"

        await until(leaving)
        assert not dropping.done()
        assert await reading.live(db, PARCEL) == "parcel__v1"
        assert await reading.row(db, PARCEL, uuid5(ORG, "parcel 3"))
    await dropping
    async with read_as(readers, ORG) as db:
        assert await reading.row(db, PARCEL, uuid5(ORG, "parcel 3"))
    await readers.close()


async def test_a_version_whose_dropping_was_broken_off_is_not_read_again_and_is_dropped_when_asked_again(
    pool: asyncpg.Pool, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "SECONDS_TO_BE_LEFT", 0.1)
    await beside.follow(owner, await beside.begun(owner, PARCEL))
    async with pool.acquire() as db, db.transaction(isolation="repeatable_read"):
        await db.fetchval("SELECT 1")
        with pytest.raises(Refused, match=r"parcel__v1_2 may still be read by .* processes \d+"):
            await beside.drop(owner, PARCEL, "parcel__v1_2")
    with pytest.raises(Refused, match="parcel__v1_2 is being dropped"):
        await beside.switch(owner, "parcel", "parcel__v1_2")
    assert await versions.followed(owner, [PARCEL]) == (PARCEL,)
    await beside.drop(owner, PARCEL, "parcel__v1_2")
    assert await owner.fetchval(EVERY_TABLE) == 0


async def test_a_lost_version_is_followed_no_more_is_behind_nobody_and_is_not_gone_back_to(
    pool: asyncpg.Pool, owner: asyncpg.Connection
) -> None:
    lost = Checkpoint(3, {"parcels": Head(1, 80, 79)})
    anew = Checkpoint(3, {"parcels": Head(2, 60, 59)})
    assert beside.lacking({3: lost}, {3: anew}) is None
    assert beside.lacking({3: anew}, {3: Checkpoint(3, {"parcels": Head(1, 59, 58)})}) is not None
    assert beside.lacking({3: anew}, {3: Checkpoint(3, {"parcels": Head(1, 60, 59)})}) is None
    second = await beside.begun(owner, PARCEL)
    await beside.follow(owner, second)
    await beside.lose(owner, [PARCEL.table_name])
    assert await versions.followed(pool, [PARCEL]) == (second,)
    assert await versions.shown(pool, [PARCEL]) == (PARCEL, second)
    assert versions.stale(await versions.every(pool, [PARCEL]), PARCEL)
    await beside.switch(owner, "parcel", second.table_name)
    with pytest.raises(beside.Refused, match="has events that the log does not hold"):
        await beside.switch(owner, "parcel", PARCEL.table_name)


def test_a_version_lacks_nothing_of_a_service_that_its_fold_does_not_read() -> None:
    asked = {3: checkpoints.Checkpoint(3, {"parcels": Head(position=7), "letters": Head(position=5)})}
    there = {3: checkpoints.Checkpoint(3, {"parcels": Head(position=7)})}
    assert beside.lacking(asked, there) == "It lacks 5 events of letters, partition 3."
    assert beside.lacking(asked, there, {"parcels"}) is None
