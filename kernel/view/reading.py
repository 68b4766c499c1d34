"""How queries read views: the live version, rows put together from parts, nothing older than asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from kernel.database import database_away
from kernel.taking import generations
from kernel.taking.checkpoints import Checkpoint, Connection, Head, checkpoint_of
from kernel.view import presented
from kernel.view.columns import row_of
from kernel.view.rows import statements
from kernel.view.view import Key, R, View
from kernel.web.positions import Positions
from kernel.web.problems import Problem

LONGEST_WAIT = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.025

LIVE = """
SELECT v.name AS view, r.number, r.build, c.partition, c.topics, c.parked
FROM view v JOIN view_version r ON r.name = v.live JOIN checkpoint c ON c.taker = v.live
WHERE v.name = ANY($1::text[]) AND ($2::smallint[] IS NULL OR c.partition = ANY($2))"""


Progress: TypeAlias = Sequence[tuple[View[Any], Checkpoint]]
"""Versions that are read, each with its checkpoint of one partition."""


async def live(db: Connection, view: View[Any]) -> str:
    """What to select its columns from: the version that is read now, the same throughout a snapshot."""
    return presented.table(view, await presented.version(db, view))


async def live_terms(db: Connection, view: View[Any]) -> str:
    """What to select from what that version's rows can be found by."""
    return presented.terms(view, await presented.version(db, view))


async def rows(db: Connection, view: View[R], keys: Iterable[Key]) -> dict[Key, R]:
    """The rows under these keys, each put together from its parts; a key without a row is absent."""
    wanted = list(dict.fromkeys(keys))
    arrays = [[key[n] for key in wanted] for n in range(len(view.key))]
    sql = statements(view).select.format(live=await live(db, view))
    parts: dict[Key, list[R]] = {}
    for record in await db.fetch(sql, *arrays):
        values = tuple(record)
        parts.setdefault(values[: len(view.key)], []).append(row_of(view.columns, view.row, values))
    return {key: view.combined(found) for key, found in parts.items()}


async def rows_of(
    db: Connection, view: View[R], ids: Iterable[tuple[UUID, Key]]
) -> dict[tuple[UUID, Key], R]:
    """The same of several organisations, for a role that reads them all."""
    wanted = list(dict.fromkeys(ids))
    size = len(view.key)
    arrays = [[org_id for org_id, _ in wanted], *([key[n] for _, key in wanted] for n in range(size))]
    sql = statements(view).select_of.format(live=await live(db, view))
    parts: dict[tuple[UUID, Key], list[R]] = {}
    for org_id, *values in map(tuple, await db.fetch(sql, *arrays)):
        parts.setdefault((org_id, tuple(values[:size])), []).append(row_of(view.columns, view.row, values))
    return {found: view.combined(rows) for found, rows in parts.items()}


async def row(db: Connection, view: View[R], *key: Any) -> R | None:
    """The row under one key."""
    return (await rows(db, view, [key])).get(key)


async def reached(db: Connection, views: Sequence[View[Any]]) -> Positions:
    """How far all of these views are: of each topic's partition the least."""
    return least(await live_checkpoints(db, views))


def least(found: Progress) -> Positions:
    """The same, of what was found."""
    positions: Positions = {}
    for version, checkpoint in found:
        for service in version.services:
            _lower(positions, service, checkpoint)
    return positions


def _lower(positions: Positions, service: str, checkpoint: Checkpoint) -> None:
    head = checkpoint.head(service)
    entries = positions.setdefault((service, head.generation), {})
    entries[checkpoint.partition] = min(head.position, entries.get(checkpoint.partition, head.position))


async def live_checkpoints(
    db: Connection, views: Sequence[View[Any]], partitions: list[int] | None = None
) -> Progress:
    """Of these partitions, or of all, with the version that is read."""
    return progress_of(views, await db.fetch(LIVE, [view.name for view in views], partitions))


def progress_of(views: Sequence[View[Any]], records: Iterable[asyncpg.Record]) -> Progress:
    """From the columns that LIVE has."""
    by_name = {view.name: view for view in views}
    return [
        (presented.version_of(by_name[one["view"]], one["number"], one["build"]), checkpoint_of(one))
        for one in records
    ]


async def wait_for(
    pool: asyncpg.Pool, views: Sequence[View[Any]], positions: Positions, seconds: float = LONGEST_WAIT
) -> None:
    """Waits until each view has taken these positions of the services that it reads; 503 `view-behind`."""
    if await _are_there(pool, views, positions):
        return
    positions = await _still_named(pool, positions)
    until = asyncio.get_running_loop().time() + seconds
    pause = FIRST_PAUSE
    while not await _are_there(pool, views, positions):
        if asyncio.get_running_loop().time() + pause > until:
            raise Problem(
                "view-behind",
                "The view has not come to the asked position yet; ask again.",
                headers=((b"retry-after", b"1"),),
            )
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


async def _still_named(db: Connection, positions: Positions) -> Positions:
    """The same without what a restored backup lost: of a former generation, what the log kept."""
    with database_away():
        known = await generations.read(db)
    return {
        (service, number): {at: min(position, known[service].kept[at]) for at, position in entries.items()}
        if service in known and number < known[service].number
        else entries
        for (service, number), entries in positions.items()
    }


async def _are_there(pool: asyncpg.Pool, views: Sequence[View[Any]], positions: Positions) -> bool:
    asked = sorted({partition for entries in positions.values() for partition in entries})
    with database_away():
        return there(await live_checkpoints(pool, views, asked), positions)


def there(found: Progress, positions: Positions) -> bool:
    """Whether each of these has taken these positions of the services that it reads."""
    return all(
        _is_there(checkpoint.head(service), generation, entries.get(checkpoint.partition, 0))
        for version, checkpoint in found
        for (service, generation), entries in positions.items()
        if service in version.services
    )


def _is_there(head: Head, generation: int, position: int) -> bool:
    return position == 0 or (head.generation >= generation and head.position >= position)
