"""Migrations are applied once, in order, and never changed; programs refuse a schema that is not theirs."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from kernel import migrate as migrating
from kernel.database import connect_pool
from kernel.migrate import SchemaMismatch, Step, migrate, require_schema, steps
from kernel.settings import Settings
from services.projections import app
from services.projections.shared.identity import IDENTITY
from tests.connecting import connected


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """Gives the contacts schema one more step."""

    def add(step: Step) -> None:
        monkeypatch.setattr(
            migrating, "steps", lambda schema: [*steps(schema), *([step] * (schema == "contacts"))]
        )

    return add


async def test_a_migrated_database_needs_nothing_more(database: Settings):
    assert await migrate(database) == []


async def test_what_is_new_is_applied_once_also_by_two_at_a_time(database: Settings, later):
    later(Step(9000, "later/9000_more.sql", "CREATE TABLE more (); INSERT INTO more DEFAULT VALUES"))
    applied = await asyncio.gather(*(migrate(database) for _ in range(3)))
    assert sorted(map(len, applied)) == [0, 0, 1]
    async with connected(database, "contacts_owner") as owner:
        assert await owner.fetchval("SELECT count(*) FROM more") == 1


async def test_a_file_that_fails_leaves_nothing_behind(database: Settings, later):
    later(Step(9000, "later/9000_broken.sql", "CREATE TABLE half (); SELECT nonsense"))
    with pytest.raises(asyncpg.UndefinedColumnError):
        await migrate(database)
    async with connected(database, "contacts_owner") as owner:
        assert await owner.fetchval("SELECT to_regclass('half')") is None


async def test_a_file_changed_after_it_was_applied_is_refused(database: Settings, later):
    later(Step(9000, "later/9000_more.sql", "CREATE TABLE more ()"))
    await migrate(database)
    later(Step(9000, "later/9000_more.sql", "CREATE TABLE more (less int)"))
    with pytest.raises(SchemaMismatch, match="was changed after"):
        await migrate(database)


async def test_a_program_refuses_a_schema_that_is_newer_or_older(database: Settings, later):
    pool = await connect_pool(database, "contacts_app")
    await require_schema(pool, "contacts")
    later(Step(9000, "later/9000_more.sql", "CREATE TABLE more ()"))
    with pytest.raises(SchemaMismatch, match="older than this program"):
        await require_schema(pool, "contacts")
    await migrate(database)
    await require_schema(pool, "contacts")
    later(Step(9000, "views/retired__v1", ""))
    with pytest.raises(SchemaMismatch):
        await require_schema(pool, "contacts")
    await pool.close()


async def test_a_newer_schema_says_which_side_is_behind(
    database: Settings, later, monkeypatch: pytest.MonkeyPatch
):
    later(Step(9000, "later/9000_more.sql", "CREATE TABLE more ()"))
    await migrate(database)
    monkeypatch.undo()
    pool = await connect_pool(database, "contacts_log")
    with pytest.raises(SchemaMismatch, match="newer than this program"):
        await require_schema(pool, "contacts")
    await pool.close()


async def test_a_program_without_the_fold_of_a_version_that_is_read_neither_migrates_nor_starts(
    database: Settings, monkeypatch: pytest.MonkeyPatch
):
    second = replace(IDENTITY, number=2)
    lacking = "identity__v1 is read and this program does not have its fold"
    monkeypatch.setattr(app, "VIEWS", (second,))
    with pytest.raises(SchemaMismatch, match=lacking):
        await migrate(database)
    monkeypatch.setattr(app, "VIEWS", (replace(second, former=IDENTITY),))
    assert await migrate(database) == ["projections: views/identity__v2"]
    await started(database)
    async with connected(database, "projections_owner") as owner:
        assert await owner.fetchval("SELECT state FROM view_version WHERE name = 'identity__v2'") == "wanted"
        monkeypatch.setattr(app, "VIEWS", (second,))
        with pytest.raises(SchemaMismatch, match=lacking):
            await started(database)
        await owner.execute("UPDATE view SET live = 'identity__v2' WHERE name = 'identity'")
    await started(database)
    monkeypatch.setattr(app, "VIEWS", (IDENTITY,))
    with pytest.raises(SchemaMismatch, match=r"identity__v2 .*: run a newer version of Rapport"):
        await started(database)


async def started(settings: Settings):
    """What every process does that reads or feeds views."""
    pool = await connect_pool(settings, "projections_app")
    try:
        await require_schema(pool, "projections")
    finally:
        await pool.close()
