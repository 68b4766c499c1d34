"""What a store holds, written as files of an archive: all that is new, as one moment shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from kernel.archive.format.files import Progress, Unfit
from kernel.archive.format.manifest import File, Log, Part
from kernel.archive.format.tables import BESIDE, EVENT, PERSON_KEY, Table
from kernel.archive.format.writing import Writing
from kernel.database import connect_pool, database_away
from kernel.settings import Settings

PART_ROWS = 250_000
PART_BYTES = 64 * 1024 * 1024
"""Of the events in one part before compression, whichever is reached first: what a check has in memory."""
ROWS_AT_ONCE = 2_000
BYTES_AT_ONCE = 4 * 1024 * 1024

ENDS = "SELECT partition, last FROM counter ORDER BY partition"

SAME = "SELECT event_id FROM event WHERE partition = $1 AND position = $2"

# As in the relay's read, a range of positions bounds the rows whatever the plan.
READ = f"""
SELECT * FROM (
    SELECT {EVENT.selected}, octet_length(data) + coalesce(octet_length(personal), 0) AS bytes,
        sum(octet_length(data) + coalesce(octet_length(personal), 0)) OVER
            (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
    FROM event e JOIN LATERAL (
        SELECT s.kind FROM stream s WHERE s.org_id = e.org_id AND s.stream_id = e.stream_id LIMIT 1) s ON true
    WHERE partition = $1 AND position > $2 AND position <= least($3, $2 + $4)
) found WHERE coalesce(bytes_before, 0) < {BYTES_AT_ONCE} ORDER BY position"""


async def readable(settings: Settings, services: Sequence[str]) -> None:
    """Raises DatabaseAway where one of the stores does not answer."""
    for service in services:
        async with _reading(settings, f"{service}_log"):
            pass


async def write_log(
    settings: Settings, folder: Path, service: str, former: Log, number: int, tell: Progress
) -> Log:
    """Writes what follows the former parts, and what lies beside the events; raises Unfit, DatabaseAway."""
    async with _reading(settings, f"{service}_log") as db:
        await _refuse_another(db, service, former)
        async with db.transaction(isolation="repeatable_read", readonly=True):
            ends = {row["partition"]: row["last"] for row in await db.fetch(ENDS)}
            tables = {
                table.name: await _table(db, folder, f"{service}/{table.name}-{number}.parquet", table)
                for table in BESIDE
            }
        parts, written = list(former.parts), former.events  # events never change: that moment may pass
        tell("written", service, written, sum(ends.values()))
        for partition, end in ends.items():
            async for part in _parts(db, folder, service, partition, former, end):
                parts.append(part)
                written += part.rows
                tell("written", service, written, sum(ends.values()))
    return Log(tuple(sorted(parts, key=lambda part: (part.partition, part.first))), tables)


async def write_vault(settings: Settings, folder: Path, number: int) -> File:
    """Persons' keys as they are stored: wrapped, or destroyed."""
    async with (
        _reading(settings, "vault_app") as db,
        db.transaction(isolation="repeatable_read", readonly=True),
    ):
        return await _table(db, folder, f"vault/{PERSON_KEY.name}-{number}.parquet", PERSON_KEY)


async def _refuse_another(db: asyncpg.Connection, service: str, former: Log) -> None:
    """Raises Unfit where the store is not the one that the archive is of."""
    for last in former.ends.values():
        if str(await db.fetchval(SAME, last.partition, last.last)) != last.last_id:
            raise Unfit(
                f"the archive holds another log of {service}: event {last.last_id} at position {last.last} "
                f"of partition {last.partition}, which the store lacks."
            )


async def _table(db: asyncpg.Connection, folder: Path, name: str, table: Table) -> File:
    with Writing(folder, name, table) as file:
        async for row in db.cursor(f"SELECT {table.selected} FROM {table.name}", prefetch=ROWS_AT_ONCE):
            file.add([tuple(row)])
        return file.finished()


async def _parts(
    db: asyncpg.Connection, folder: Path, service: str, partition: int, former: Log, end: int
) -> AsyncIterator[Part]:
    after = former.ends[partition].last if partition in former.ends else 0
    while after < end:
        first, size = after + 1, 0
        with Writing(folder, f"{service}/{partition:02}/{first:012}.parquet", EVENT) as file:
            while after < end and after - first + 1 < PART_ROWS and size < PART_BYTES:
                page = await db.fetch(READ, partition, after, end, ROWS_AT_ONCE)
                if [row["position"] for row in page] != [*range(after + 1, after + 1 + (len(page) or 1))]:
                    raise Unfit(f"the store of {service} lacks a position after {after} of {partition}.")
                written = sum(row["bytes"] for row in page)
                file.add([tuple(row)[: len(EVENT.columns)] for row in page], written)
                after, size = page[-1]["position"], size + written
            made = file.finished()
        last_id = str(UUID(bytes=page[-1]["event_id"]))
        yield Part(
            **msgspec.structs.asdict(made), partition=partition, first=first, last=after, last_id=last_id
        )


@asynccontextmanager
async def _reading(settings: Settings, role: str) -> AsyncIterator[asyncpg.Connection]:
    pool = await connect_pool(settings, role, max_size=1, command_timeout=None)
    try:
        with database_away():
            async with pool.acquire() as db:
                yield db
    finally:
        pool.terminate()
