"""Brings every schema to the tables that this program knows, and refuses one that it does not know."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from kernel.database import database_away
from kernel.settings import SERVICES, Settings, load

if TYPE_CHECKING:
    from kernel.view.view import View

CHECKOUT = Path(__file__).parent.parent

SCHEMAS = (*SERVICES, "vault", "projections")

_VIEWS = "views/"

MIGRATION = """
CREATE TABLE IF NOT EXISTS migration (
    number int NOT NULL,
    name text PRIMARY KEY,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)"""

RECORD = "INSERT INTO migration (number, name, digest) VALUES ($1, $2, $3)"


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered SQL file of a schema, or the table of one view version."""

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


class SchemaMismatch(Exception):
    """The database and this program do not fit; the sentence says what to do."""


def steps(schema: str) -> list[Step]:
    """What makes a schema, in the order in which it is applied."""
    files = [step for folder in _folders(schema) for step in _files(folder, schema)]
    return [*files, *_view_tables()] if schema == "projections" else files


def _folders(schema: str) -> list[str]:
    if schema in SERVICES:
        return ["kernel/log/sql", "kernel/taking/sql", "kernel/reaction/sql", f"services/{schema}/sql"]
    if schema == "vault":
        return ["kernel/vault/sql"]
    return ["kernel/taking/sql", "kernel/view/sql", f"services/{schema}/sql"]


def _files(folder: str, schema: str) -> Iterator[Step]:
    for path in sorted((CHECKOUT / folder).glob("[0-9]*.sql")):
        sql = path.read_text().replace("{service}", schema)
        yield Step(int(path.name.split("_")[0]), f"{folder}/{path.name}", sql)


def _views() -> Sequence[View[Any]]:
    # By name: the kernel imports no service, and no views where a service has none.
    views: Sequence[View[Any]] = import_module("services.projections.app").VIEWS
    return views


def _view_tables() -> Iterator[Step]:
    table_sql = import_module("kernel.view.tables").table_sql
    for view in _views():
        yield Step(view.number, f"{_VIEWS}{view.name}__v{view.number}", table_sql(view))


async def migrate(settings: Settings) -> list[str]:
    """Applies what is missing, as the owner of each schema that the settings name; what was applied."""
    schemas = [schema for schema in SCHEMAS if f"{schema}_owner" in settings.dsn]
    return [name for schema in schemas for name in await _migrate(settings, schema)]


async def _migrate(settings: Settings, schema: str) -> list[str]:
    with database_away():
        owner = await asyncpg.connect(
            settings.dsn[f"{schema}_owner"], timeout=5, server_settings={"search_path": schema}
        )
    try:
        await owner.execute("SELECT pg_advisory_lock(hashtext('rapport.migrate'), hashtext($1))", schema)
        await _prepare(owner, schema)
        applied = dict(await owner.fetch("SELECT name, digest FROM migration"))
        _refuse_changed(schema, applied)
        if schema == "projections" and any(name.startswith(_VIEWS) for name in applied):
            await _refuse_unknown(owner)
        missing = [step for step in steps(schema) if step.name not in applied]
        for step in missing:
            await _apply(owner, step)
        return [f"{schema}: {step.name}" for step in missing]
    finally:
        await owner.close()


USING = {"vault": ("app",), "projections": ("app", "log", "match")}
"""The kinds of roles that use a schema, where it is not a deciding service's."""


async def _prepare(owner: asyncpg.Connection, schema: str) -> None:
    """All that a program needs to see whether a schema is the one that it knows."""
    roles = ", ".join(f"{schema}_{kind}" for kind in USING.get(schema, ("app", "log", "gate")))
    async with owner.transaction():
        await owner.execute(MIGRATION)
        await owner.execute(f"GRANT USAGE ON SCHEMA {schema} TO {roles}")
        await owner.execute(f"GRANT SELECT ON migration TO {roles}")


def _refuse_changed(schema: str, applied: dict[str, str]) -> None:
    for step in steps(schema):
        if applied.get(step.name, step.digest) != step.digest:
            raise SchemaMismatch(
                f"{step.name} was changed after schema {schema} had applied it: restore it and add a new one."
            )


READ = """
SELECT v.name, r.number FROM projections.view v JOIN projections.view_version r ON r.name = v.live"""


async def _refuse_unknown(db: asyncpg.Connection | asyncpg.Pool) -> None:
    """Whoever reads or feeds views needs the fold of each version that is read."""
    read = dict(await db.fetch(READ))
    for view in _views():
        number = read.get(view.name, view.number)
        if number in {fold.number for fold in view.folds}:
            continue
        version = f"{view.name}__v{number} is read and this program does not have its fold"
        if number > view.number:
            raise SchemaMismatch(f"{version}: run a newer version of Rapport.")
        raise SchemaMismatch(
            f"{version}: run one that has both, and `./rapport rebuild {view.name} --switch` with it."
        )


async def _apply(owner: asyncpg.Connection, step: Step) -> None:
    async with owner.transaction():
        await owner.execute(step.sql)
        await owner.execute(RECORD, step.number, step.name, step.digest)


async def require_schema(pool: asyncpg.Pool, schema: str) -> None:
    """Raises SchemaMismatch unless the schema is what this program knows; old view versions may stay."""
    with database_away():
        try:
            rows = await pool.fetch(f"SELECT name FROM {schema}.migration")
        except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
            rows = []
    there = {row["name"] for row in rows}
    known = {step.name for step in steps(schema)}
    if known - there:
        raise SchemaMismatch(f"Schema {schema} is older than this program: run `./rapport migrate`.")
    if {name for name in there - known if not name.startswith(_VIEWS)}:
        raise SchemaMismatch(f"Schema {schema} is newer than this program: run a newer version of Rapport.")
    if schema == "projections":
        with database_away():
            await _refuse_unknown(pool)


def run() -> list[str]:
    """Migrates the database of the settings; the names of what was applied."""
    return asyncio.run(migrate(load()))
