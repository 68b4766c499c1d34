"""From an archive into an empty store: the same events at the same places, for commands to go on from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import asyncpg

from kernel.archive.checking import check
from kernel.archive.fingerprints import fingerprints
from kernel.archive.format.files import Progress, Unfit
from kernel.archive.format.manifest import File, Log, Manifest
from kernel.archive.format.reading import groups
from kernel.archive.format.tables import BESIDE, EVENT, PERSON_KEY, Table
from kernel.database import connect_pool, database_away
from kernel.failpoints import failpoint
from kernel.log.horizon import promise
from kernel.settings import Settings
from kernel.view.history.horizons import remember

MOST_FAULTS = 3

COUNTERS = "SELECT partition, last FROM counter ORDER BY partition FOR UPDATE"

AT = "SELECT event_id FROM event WHERE partition = $1 AND position = $2"

_STORED = tuple(name for name in EVENT.columns if name != "kind")

# A stream is what its events say; the greater version is that of the later ones.
PUT = f"""
WITH given AS MATERIALIZED (
    SELECT {", ".join(f"{EVENT.back('n', name)} AS {name}" for name in EVENT.columns)} FROM {EVENT.given("n")}
), stored AS (
    INSERT INTO event ({", ".join(_STORED)}) SELECT {", ".join(_STORED)} FROM given
)
INSERT INTO stream AS s (org_id, stream_id, kind, partition_key, version)
SELECT org_id, stream_id, min(kind), (array_agg(partition_key))[1], max(version) FROM given GROUP BY 1, 2
ON CONFLICT (org_id, stream_id) DO UPDATE SET version = excluded.version"""

COUNT = """
UPDATE counter SET last = $2,
    recorded_at = greatest(recorded_at, (
        SELECT recorded_at FROM event WHERE partition = $1 AND position = $2))
WHERE partition = $1"""


async def put_in(
    settings: Settings, folder: Path, services: Sequence[str], sealed: bool, tell: Progress
) -> dict[str, int]:
    """Puts the archive's services into their empty stores; how many events each got, 0 where it has them.

    Each service in one transaction. Where it is `sealed`, values may stay unreadable for want of keys.
    Raises Unfit, DatabaseAway, KeysMissing.
    """
    checked = check(folder, services, tell)
    if checked.faults:
        more = len(checked.faults) - MOST_FAULTS
        told = " ".join(checked.faults[:MOST_FAULTS]) + (f" And {more} faults more." if more > 0 else "")
        raise Unfit(f"nothing is imported: {told}")
    manifest = checked.manifest
    if absent := [service for service in services if service not in manifest.services]:
        raise Unfit(f"the archive in {folder} holds no log of {absent[0]}.")
    if manifest.keys != fingerprints(settings.keys):
        raise Unfit(
            "the archive was made under other keys than those of this system: bring the keys first, as "
            "docs/operating.md says."
        )
    await _vault(settings, folder, manifest, checked.key_ids, sealed)
    return {
        service: await _service(settings, folder, service, manifest.services[service], tell)
        for service in services
    }


async def _vault(
    settings: Settings, folder: Path, manifest: Manifest, key_ids: set[bytes], sealed: bool
) -> None:
    """Brings the archive's keys, if it has some. A key that was destroyed here stays destroyed."""
    pool = await connect_pool(settings, "vault_app", max_size=1, command_timeout=None)
    try:
        with database_away():
            async with pool.acquire() as db, db.transaction():
                if manifest.vault is not None:
                    await _rows(db, folder, manifest.vault, PERSON_KEY)
                missing = set(key_ids)
                async for (key_id,) in db.cursor("SELECT uuid_send(key_id) FROM person_key", prefetch=10_000):
                    missing.discard(key_id)
        if missing and not sealed:
            raise Unfit(
                f"the vault of this system lacks the keys of {len(missing):,} persons, who would be shown as "
                "erased: import an archive made with --with-keys, or bring the vault's tables first; with "
                "--sealed it is imported all the same."
            )
    finally:
        pool.terminate()


async def _service(settings: Settings, folder: Path, service: str, log: Log, tell: Progress) -> int:
    pool = await connect_pool(settings, f"{service}_log", max_size=1, command_timeout=None)
    try:
        with database_away():
            async with pool.acquire() as db, db.transaction():
                if await _there(db, service, log):
                    return 0
                await _put(db, folder, service, log, tell)
                await _tell_views(db, settings, service)
                failpoint("archive.put")
        return log.events
    finally:
        pool.terminate()


async def _there(db: asyncpg.Connection, service: str, log: Log) -> bool:
    """Whether the store has just this log already; raises Unfit where it has another one, or a part."""
    there = {row["partition"]: row["last"] for row in await db.fetch(COUNTERS)}
    if not any(there.values()):
        return False
    if there == dict.fromkeys(there, 0) | {at: part.last for at, part in log.ends.items()}:
        found = [str(await db.fetchval(AT, at, part.last)) for at, part in log.ends.items()]
        if found == [part.last_id for part in log.ends.values()]:
            return True
    raise Unfit(
        f"the store of {service} is not empty: it holds {sum(there.values()):,} events. "
        "An archive is imported into an empty system only."
    )


async def _put(db: asyncpg.Connection, folder: Path, service: str, log: Log, tell: Progress) -> None:
    events = 0
    tell("imported", service, 0, log.events)
    for part in log.parts:
        for batch in groups(folder, part, EVENT):
            await db.execute(PUT, *EVENT.arrays(batch))
            events += len(batch)
            tell("imported", service, events, log.events)
    for partition, part in log.ends.items():
        await db.execute(COUNT, partition, part.last)
    for table in BESIDE:
        await _rows(db, folder, log.tables[table.name], table)


async def _tell_views(db: asyncpg.Connection, settings: Settings, service: str) -> None:
    """What relays told of the empty store is true no more: views are whole once they have taken what came."""
    generation = await db.fetchval("SELECT generation FROM mark WHERE partition = 0")
    promised = await promise(db, service, generation)
    views = await connect_pool(settings, "projections_log", max_size=1)
    try:
        await remember(views, promised)
    finally:
        views.terminate()


async def _rows(db: asyncpg.Connection, folder: Path, file: File, table: Table) -> None:
    for batch in groups(folder, file, table):
        await db.execute(table.insert, *table.arrays(batch))
