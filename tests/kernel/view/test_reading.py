"""Queries read the live version, of their own organisation, each row from its parts, and not too old."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import msgspec
import pytest

from kernel.database import connect_pool, read_as
from kernel.settings import Settings
from kernel.taking.arrivals import Reading
from kernel.view import reading
from kernel.view.batch.applying import apply
from kernel.view.parts import Part
from kernel.view.tables import table_sql
from kernel.web.problems import Problem
from tests.folding import fold_all
from tests.generating import combined
from tests.parcels.log import ORG, Log
from tests.parcels.posting import CONTACTS, some_parcels
from tests.parcels.views import LOAD, PARCEL, SIGHTING, VIEWS, Parcel

OTHER_ORG = UUID("0c000000-0000-7000-8000-00000000000b")


@pytest.fixture
async def readers(database: Settings) -> AsyncIterator[asyncpg.Pool]:
    """Connections as requests have them."""
    pool = await connect_pool(database, "projections_app")
    yield pool
    await pool.close()


async def folded(pool: asyncpg.Pool, log: Log) -> Log:
    """Takes the log into every view, without a topic."""
    reading_all, offsets = Reading(VIEWS), dict.fromkeys(range(12), -1)
    arrivals = []
    for fact in log.facts:
        offsets[fact.partition] += 1
        arrivals.append(reading_all.read(fact.service, 1, fact.partition, offsets[fact.partition], fact.raw))
    for view in VIEWS:
        await apply(pool, view, arrivals)
    return log


async def test_the_parts_of_a_row_are_read_as_one(pool: asyncpg.Pool, readers: asyncpg.Pool) -> None:
    log = await folded(pool, some_parcels(100))
    whole = combined(LOAD, fold_all(LOAD, log.facts))
    contacts = [(uuid5(ORG, f"contact {n}"),) for n in range(CONTACTS)]
    async with read_as(readers, ORG) as db:
        found = await reading.rows(db, LOAD, [*contacts, (ORG,)])
        assert await reading.row(db, LOAD, *contacts[0]) == whole[ORG, contacts[0]]
        assert await reading.row(db, LOAD, ORG) is None
    assert found == {key: whole[ORG, key] for key in contacts}


async def test_an_organisation_sees_its_own_rows_and_no_others(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    await folded(pool, some_parcels(50))
    parcel = uuid5(ORG, "parcel 3")
    tables = [view.table_name for view in VIEWS] + ["parcel__v1_term"]
    async with read_as(readers, ORG) as db:
        assert await reading.row(db, PARCEL, parcel) is not None
        assert all([await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables])
    async with read_as(readers, OTHER_ORG) as db:
        assert await reading.row(db, PARCEL, parcel) is None
        assert not any([await db.fetchval(f"SELECT count(*) FROM {table}") for table in tables])
    for table in tables:
        assert await readers.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM parcel__v1",
        "INSERT INTO parcel__v1_term SELECT * FROM parcel__v1_term",
        "UPDATE checkpoint SET parked = 0",
        "SELECT * FROM parked",
        "UPDATE view SET live = 2",
    ],
)
async def test_a_request_can_change_nothing_and_see_nothing_parked(
    pool: asyncpg.Pool, readers: asyncpg.Pool, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await readers.execute(statement)


async def test_a_query_may_wait_until_a_position_is_reached(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    log = some_parcels(20)
    last = log.facts[-1]
    asked = {("parcels", 1): {last.partition: last.position}}
    waiting = asyncio.create_task(reading.wait_for(readers, VIEWS, asked))
    await asyncio.sleep(0)
    assert not waiting.done()
    await folded(pool, log)
    await waiting


async def test_a_query_does_not_wait_for_ever(pool: asyncpg.Pool, readers: asyncpg.Pool) -> None:
    with pytest.raises(Problem) as refused:
        await reading.wait_for(readers, [PARCEL], {("parcels", 1): {0: 1}}, seconds=0.1)
    assert (refused.value.code, refused.value.status) == ("view-behind", 503)


async def test_positions_of_services_that_a_view_does_not_read_are_ignored(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    await reading.wait_for(readers, [PARCEL], {("letters", 1): {0: 10**9}}, seconds=0.1)


async def test_an_answer_says_how_far_the_view_furthest_behind_is(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    log = await folded(pool, some_parcels(20))
    await pool.execute("""
        UPDATE checkpoint SET topics = jsonb_set(topics, '{parcels,position}', '1')
        WHERE taker = 'sighting__v1' AND partition = 3""")
    async with read_as(readers, ORG) as db:
        reached = await reading.reached(db, VIEWS)
        alone = await reading.reached(db, [LOAD])
    assert alone == {("parcels", 1): {n: log.positions.get(n, 0) for n in range(12)}}
    assert reached == {("parcels", 1): {**alone["parcels", 1], 3: 1}}


async def test_a_switched_version_is_read_from_the_next_snapshot_on(
    database: Settings, pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    await folded(pool, some_parcels(5))
    parcel = uuid5(ORG, "parcel 3")
    owner = await asyncpg.connect(
        database.dsn["projections_owner"], server_settings={"search_path": "projections"}
    )
    await owner.execute(table_sql(replace(SIGHTING, build=2)) + table_sql(replace(PARCEL, build=2)))
    async with read_as(readers, ORG) as before:
        assert await reading.live(before, PARCEL) == "parcel__v1"
        await owner.execute("UPDATE view SET live = 'parcel__v1_2' WHERE name = 'parcel'")
        assert await reading.row(before, PARCEL, parcel) is not None
    async with read_as(readers, ORG) as after:
        assert await reading.live(after, PARCEL) == "parcel__v1_2"
        assert await reading.row(after, PARCEL, parcel) is None
    await owner.close()


class Fuller(Parcel, frozen=True):
    """A parcel as another fold has it: with more, of every kind that a column can be."""

    seen: int = 7
    note: str = "it's \\ there"
    raw: bytes = b"\x00'"
    since: datetime | None = None
    day: date = date(2026, 2, 1)
    worth: Decimal = Decimal("1.50")
    marks: Mapping[str, int] = msgspec.field(default_factory=lambda: {"a'b": 1})
    whole: Part[tuple[int, ...]] = Part((1, 2))


FULLER = replace(PARCEL, number=2, row=Fuller, former=PARCEL)


class Weighty(msgspec.Struct, frozen=True):
    """Its weight as another type of column."""

    parcel_id: UUID
    grams: Decimal = Decimal(0)


async def test_rows_of_a_former_fold_are_read_as_rows_of_this_one(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    log = await folded(pool, some_parcels(20))
    known = {key[0]: row for (_, key, _), row in fold_all(PARCEL, log.facts).items()}
    async with read_as(readers, ORG) as db:
        found = await reading.rows(db, FULLER, [(parcel,) for parcel in known])
        table, terms = await reading.live(db, FULLER), await reading.live_terms(db, FULLER)
        asked = await db.fetch(f"SELECT seen, note FROM {table} WHERE place = $1", "depot 3")
        named = await db.fetchval(f"SELECT count(*) FROM {terms} WHERE term = $1", "depot 3")
        reached = await reading.reached(db, [FULLER])
    assert found == {(parcel,): Fuller(**msgspec.structs.asdict(row)) for parcel, row in known.items()}
    assert [tuple(row) for row in asked] == [(7, "it's \\ there")] * named
    assert named == 4
    assert reached == {("parcels", 1): {n: log.positions.get(n, 0) for n in range(12)}}


async def test_a_former_fold_without_terms_finds_nothing(pool: asyncpg.Pool, readers: asyncpg.Pool) -> None:
    searched = replace(LOAD, number=2, former=LOAD, terms=lambda row: [("grams", str(row.grams))])
    async with read_as(readers, ORG) as db:
        terms = await reading.live_terms(db, searched)
        assert await db.fetch(f"SELECT contact_id FROM {terms} WHERE kind = 'grams' AND term = '1'") == []


async def test_a_version_of_an_unknown_fold_is_not_read(pool: asyncpg.Pool, readers: asyncpg.Pool) -> None:
    async with read_as(readers, ORG) as db:
        with pytest.raises(Problem, match="a version that this process does not know"):
            await reading.row(db, replace(PARCEL, number=2), uuid5(ORG, "parcel 3"))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"number": 1}, "a lower number"),
        ({"name": "packet"}, "the same name and key"),
        ({"row": Weighty}, r"of another name: \['grams'\]"),
    ],
)
def test_a_fold_does_not_follow_one_whose_rows_it_could_not_show(changed: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(PARCEL, **{"number": 2, "former": PARCEL, **changed})


async def test_of_a_former_generation_only_what_the_log_kept_is_waited_for(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    log = await folded(pool, some_parcels(30))
    last = max(fact.position for fact in log.facts if fact.partition == 3)
    beyond = {("parcels", 1): {3: last + 5}}
    with pytest.raises(Problem):
        await reading.wait_for(readers, [PARCEL], beyond, seconds=0.05)
    kept = [last if n == 3 else 0 for n in range(12)]
    await pool.execute("INSERT INTO generation VALUES ('parcels', 2, $1)", kept)
    await reading.wait_for(readers, [PARCEL], beyond, seconds=0.05)
    await pool.execute("UPDATE generation SET kept[4] = $1", last + 1)
    with pytest.raises(Problem):
        await reading.wait_for(readers, [PARCEL], beyond, seconds=0.05)


async def test_a_position_of_the_generation_of_now_is_not_given_by_a_view_that_was_not_led_there(
    pool: asyncpg.Pool, readers: asyncpg.Pool
) -> None:
    await folded(pool, some_parcels(30))
    await reading.wait_for(readers, [PARCEL], {("parcels", 1): {3: 1}}, seconds=0.05)
    with pytest.raises(Problem):
        await reading.wait_for(readers, [PARCEL], {("parcels", 2): {3: 1}}, seconds=0.05)
