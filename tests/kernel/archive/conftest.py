"""A harbour with boats in its log, and an empty one beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from kernel.archive.exporting import export
from kernel.archive.format.manifest import Manifest
from kernel.archive.importing import put_in
from kernel.settings import Settings
from tests.boats.aggregate import LaunchBoat, MoorBoat, RowBoat
from tests.boats.harbour import SERVICE, Harbour, open_handler
from tests.conftest import fresh_database

BOATS = 30


async def opened(settings: Settings) -> Harbour:
    log = await asyncpg.connect(settings.dsn[f"{SERVICE}_log"], server_settings={"search_path": SERVICE})
    return Harbour(settings, await open_handler(settings), await open_handler(settings), log)


async def close(harbour: Harbour) -> None:
    await harbour.one.close()
    await harbour.two.close()
    await harbour.log.close()


@pytest.fixture
async def harbour(database: Settings) -> AsyncIterator[Harbour]:
    harbour = await opened(database)
    await launched(harbour, BOATS)
    yield harbour
    await close(harbour)


@pytest.fixture
def empty(postgres: str, template: Settings) -> Iterator[Settings]:
    """Another migrated database."""
    with fresh_database(postgres, template) as settings:
        yield settings


@pytest.fixture
async def other(empty: Settings, harbour: Harbour) -> AsyncIterator[Harbour]:
    """A harbour without boats, of the same organisation."""
    other = replace(await opened(empty), org_id=harbour.org_id)
    yield other
    await close(other)


async def launched(harbour: Harbour, count: int, first: int = 0) -> list[UUID]:
    """Boats with an owner, a berth each and two rows; one in three is asked for by a key."""

    async def launch(n: int) -> UUID:
        key = f"boat {n}" if n % 3 == 0 else None
        boat = (await harbour.ask(LaunchBoat(owner=f"Ada {n}"), key=key)).id
        await harbour.ask(MoorBoat(berth=f"berth {n}"), boat)
        await harbour.ask(RowBoat(strokes=1), boat)
        await harbour.ask(RowBoat(strokes=2), boat)
        return boat

    return list(await asyncio.gather(*(launch(n) for n in range(first, first + count))))


def quiet(what: str, service: str, done: int, total: int) -> None:
    """Tells nobody."""


async def exported(harbour: Harbour, folder: Path, with_keys: bool = False) -> tuple[Manifest, int]:
    return await export(harbour.settings, folder, (SERVICE,), with_keys, quiet)


async def imported(harbour: Harbour, folder: Path, sealed: bool = False) -> dict[str, int]:
    return await put_in(harbour.settings, folder, (SERVICE,), sealed, quiet)


COUNTERS = "(SELECT partition, last FROM counter)"
"""When they last moved is no part of a log: they also move while nothing is written."""

TABLES = {
    "event": "partition, position",
    "stream": "org_id, stream_id",
    "claim": "org_id, kind, digest",
    "answer": "org_id, caller, key",
    COUNTERS: "partition",
    "deadline": "org_id, stream_id, name",
}
"""All that a service's log consists of, and an order of each table's rows."""


async def contents(harbour: Harbour) -> dict[str, list[str]]:
    """Every row of every table of the log, as PostgreSQL writes it."""
    return {
        table: [
            row["text"]
            for row in await harbour.log.fetch(f"SELECT t::text AS text FROM {table} t ORDER BY {order}")
        ]
        for table, order in TABLES.items()
    }


def files(folder: Path, pattern: str) -> dict[str, int]:
    """When each of the files was written, in nanoseconds."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob(pattern)}
