"""A version filled from the topics is the fold of the log, however often it was broken off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid5

import asyncpg
import pytest

from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking import checkpoints, generations
from kernel.view.batch.saving import save
from kernel.view.batch.steps import Folded
from kernel.view.building import filling
from kernel.view.building.build import build
from kernel.view.building.filling import Missing
from kernel.view.building.topics import opened
from kernel.view.tables import table_sql
from kernel.view.view import View
from tests.folding import fold_all
from tests.kernel.view.conftest import rows_of, working
from tests.parcels.events import ParcelSeen, ParcelWeighed
from tests.parcels.log import ORG, Log, publish, send
from tests.parcels.posting import AT, some_parcels
from tests.parcels.views import POISON, VIEWS

each_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)


async def beside(settings: Settings, view: View) -> View:
    """A second build of this version."""
    second = replace(view, build=2)
    owner = await asyncpg.connect(
        settings.dsn["projections_owner"], server_settings={"search_path": "projections"}
    )
    await owner.execute(table_sql(second))
    await owner.close()
    return second


async def built(settings: Settings, pool: asyncpg.Pool, view: View) -> int:
    """How many events it took."""
    taken: list[int] = []

    async def tell(records: int) -> None:
        taken.append(records)

    async with opened(settings, await generations.topics(pool, settings, view.services)) as topics:
        await build(pool, view, None, topics, range(PARTITIONS), tell)
    return sum(taken)


@each_view
async def test_what_is_built_is_the_fold_of_the_log(
    settings: Settings, pool: asyncpg.Pool, view: View
) -> None:
    log = some_parcels(300)
    await publish(settings, [*log.facts, *log.facts[:100]])
    second = await beside(settings, view)
    assert await built(settings, pool, second) == 1_300
    assert await rows_of(pool, second) == fold_all(view, log.facts)
    assert await rows_of(pool, view) == {}


@each_view
@pytest.mark.parametrize(("most", "at_once"), [(1, 500), (7, 3)])
async def test_rows_that_do_not_fit_in_memory_are_written_and_found_again(
    settings: Settings,
    pool: asyncpg.Pool,
    view: View,
    most: int,
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filling, "MOST_ROWS", most)
    monkeypatch.setattr(filling, "ROWS_AT_ONCE", at_once)
    monkeypatch.setattr("kernel.view.building.topics.RECORDS_AT_ONCE", 20)
    log = some_parcels(60)
    await publish(settings, log.facts)
    second = await beside(settings, view)
    await built(settings, pool, second)
    assert await rows_of(pool, second) == fold_all(view, log.facts)


@each_view
async def test_a_build_goes_on_where_it_was_broken_off(
    settings: Settings, pool: asyncpg.Pool, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "MOST_EVENTS", 10)
    monkeypatch.setattr("kernel.view.building.topics.RECORDS_AT_ONCE", 20)
    log = some_parcels(200)
    await publish(settings, log.facts)
    second = await beside(settings, view)
    done: list[int] = []

    async def broken_off(events: int) -> None:
        done.append(events)
        if sum(done) > 300:
            raise KeyboardInterrupt

    async with opened(settings, await generations.topics(pool, settings, view.services)) as topics:
        with pytest.raises(KeyboardInterrupt):
            await build(pool, second, None, topics, range(PARTITIONS), broken_off)
    assert await built(settings, pool, second) == 800 - sum(done)
    assert await rows_of(pool, second) == fold_all(view, log.facts)


@each_view
async def test_of_rows_that_are_written_by_several_statements_all_are_there_or_none(
    settings: Settings, pool: asyncpg.Pool, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "ROWS_AT_ONCE", 2)
    written: list[int] = []

    async def breaks_off(db: Any, view: Any, loaded: Any, folded: Folded[Any]) -> None:
        written.append(len(folded.rows))
        if len(written) == 3:
            raise KeyboardInterrupt
        await save(db, view, loaded, folded)

    log = some_parcels(60)
    await publish(settings, log.facts)
    second = await beside(settings, view)
    monkeypatch.setattr(filling, "save", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        await built(settings, pool, second)
    monkeypatch.setattr(filling, "save", save)
    assert written[:2] == [2, 2]
    taken = (await checkpoints.every(pool, [second]))[second.taker]
    there = {n for n, checkpoint in taken.items() if any(head.position for head in checkpoint.heads.values())}
    log_then = [fact for fact in log.facts if fact.partition in there]
    assert await rows_of(pool, second) == fold_all(view, log_then)
    await built(settings, pool, second)
    assert await rows_of(pool, second) == fold_all(view, log.facts)


@each_view
async def test_what_live_work_has_taken_since_is_not_taken_again(
    settings: Settings, pool: asyncpg.Pool, view: View
) -> None:
    log = some_parcels(50)
    await publish(settings, log.facts)
    second = await beside(settings, view)
    await built(settings, pool, second)
    before = len(log.facts)
    some_parcels(80, log, first=50)
    await publish(settings, log.facts[before:])
    assert await built(settings, pool, second) == len(log.facts) - before
    assert await rows_of(pool, second) == fold_all(view, log.facts)


@pytest.mark.parametrize("at_once", [5_000, 7])
async def test_a_poison_event_is_parked_with_what_follows_in_its_stream(
    settings: Settings, pool: asyncpg.Pool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.view.building.topics.RECORDS_AT_ONCE", at_once)
    log = some_parcels(100)
    parcel = uuid5(ORG, "parcel 7")
    contact = uuid5(ORG, "contact 0")
    log.append(
        parcel, ParcelWeighed(contact_id=contact, grams=POISON, before=0), ParcelSeen(place="x", at=AT)
    )
    some_parcels(140, log, first=100)
    await publish(settings, log.facts)
    second = await beside(settings, VIEWS[0])
    await built(settings, pool, second)
    taken = [fact for fact in log.facts if fact.envelope.stream_id != parcel or fact.envelope.version <= 4]
    assert await rows_of(pool, second) == fold_all(VIEWS[0], taken)
    found = (await checkpoints.every(pool, [second]))[second.taker]
    assert sum(checkpoint.parked for checkpoint in found.values()) == 2


async def test_a_record_that_is_no_event_is_parked(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(100)
    await publish(settings, log.facts[:200])
    await send(settings, [("parcels", 3, b"no event")])
    await publish(settings, log.facts[200:])
    second = await beside(settings, VIEWS[0])
    await built(settings, pool, second)
    assert await rows_of(pool, second) == fold_all(VIEWS[0], log.facts)
    found = (await checkpoints.every(pool, [second]))[second.taker]
    assert {n: checkpoint.parked for n, checkpoint in found.items() if checkpoint.parked} == {3: 1}


async def test_a_value_that_the_database_refuses_is_parked(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(100)
    parcel = uuid5(ORG, "parcel 7")
    log.append(parcel, ParcelSeen(place="nul \0", at=AT))
    some_parcels(140, log, first=100)
    await publish(settings, log.facts)
    second = await beside(settings, VIEWS[0])
    await built(settings, pool, second)
    taken = [fact for fact in log.facts if fact.envelope.stream_id != parcel or fact.envelope.version <= 4]
    assert await rows_of(pool, second) == fold_all(VIEWS[0], taken)


async def test_a_gap_ends_the_build_with_what_is_missing(settings: Settings, pool: asyncpg.Pool) -> None:
    log = some_parcels(100)
    lost = log.facts[200]
    await publish(settings, [fact for fact in log.facts if fact is not lost])
    second = await beside(settings, VIEWS[0])
    with pytest.raises(Missing, match=f"lacks position {lost.position} of partition {lost.partition}"):
        await built(settings, pool, second)


async def test_a_version_that_is_being_built_is_not_followed(settings: Settings, pool: asyncpg.Pool) -> None:
    log = Log()
    some_parcels(20, log)
    second = await beside(settings, VIEWS[0])
    await publish(settings, log.facts)
    async with working(settings, pool):
        await built(settings, pool, second)
    assert await rows_of(pool, second) == fold_all(VIEWS[0], log.facts)
