"""Versions beside the one that is read: begun, followed, switched to, dropped. For the schema's owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import asyncpg

from kernel.taking.checkpoints import Checkpoint, checkpoint_of
from kernel.view.tables import table_sql, terms_of
from kernel.view.view import View

UNFINISHED = """
SELECT number, build FROM view_version WHERE view = $1 AND number = $2 AND state <> 'followed'
ORDER BY build DESC LIMIT 1"""

VERSIONS = "SELECT name FROM view_version WHERE view = $1"

LAST = "SELECT coalesce(max(build), 0) FROM view_version WHERE view = $1 AND number = $2"

BEGUN = """
UPDATE view_version SET state = 'building', began_at = coalesce(began_at, clock_timestamp())
WHERE name = $1"""

FINISHED = "UPDATE view_version SET state = 'followed', built_at = clock_timestamp() WHERE name = $1"

HELD = """
SELECT taker, partition, topics, parked FROM checkpoint
WHERE taker = ANY($1) ORDER BY taker, partition FOR UPDATE"""

POINTER = "SELECT live, former FROM view WHERE name = $1 FOR UPDATE"
POINT = "UPDATE view SET live = $2, former = live WHERE name = $1"

FORGET = """
UPDATE view SET former = NULL WHERE former = $1;
DELETE FROM parked WHERE taker = $1;
UPDATE dropped SET ended = true WHERE taker = $1;
DELETE FROM checkpoint WHERE taker = $1;
DELETE FROM view_version WHERE name = $1"""


class Refused(Exception):
    """It cannot be done now; the sentence says why."""


class Behind(Refused):
    """The version lacks an event that the one that is read now has."""


async def begun(owner: asyncpg.Connection, view: View[Any]) -> View[Any]:
    """The version to be filled: one that was made by an upgrade or broken off, or a new build."""
    async with owner.transaction():
        row = await owner.fetchrow(UNFINISHED, view.name, view.number)
        if row is not None:
            version = replace(view, build=row["build"])
        else:
            last = await owner.fetchval(LAST, view.name, view.number)
            version = replace(view, build=last + 1)
            await owner.execute(table_sql(version))
        await owner.execute(BEGUN, version.table_name)
    return version


async def follow(owner: asyncpg.Connection, version: View[Any]) -> None:
    """Has the workers keep it up to date from now on."""
    await owner.execute(FINISHED, version.table_name)


async def switch(owner: asyncpg.Connection, view: str, version: str) -> None:
    """Has this version read from now on, in one transaction.

    Raises Behind, Refused.
    """
    async with owner.transaction():
        pointer = await owner.fetchrow(POINTER, view)
        if pointer["live"] == version:
            raise Refused(f"{version} is read already.")
        held = await heads(owner, [pointer["live"], version])
        if sentence := lacking(held[pointer["live"]], held[version]):
            raise Behind(f"{version} is behind {pointer['live']}. {sentence}")
        await owner.execute(POINT, view, version)


async def former(owner: asyncpg.Connection, view: View[Any]) -> str:
    """The version that was read before the last switch; raises Refused where there is none."""
    found: str | None = await owner.fetchval("SELECT former FROM view WHERE name = $1", view.name)
    if found is None:
        raise Refused(f"{view.name} has no former version to go back to.")
    return found


async def drop(owner: asyncpg.Connection, view: View[Any], version: str) -> None:
    """Deletes a version that is not read, with all it has parked; raises Refused."""
    while True:
        with suppress(asyncpg.DeadlockDetectedError):  # with a worker that has it in hand
            await _drop(owner, view, version)
            return


async def _drop(owner: asyncpg.Connection, view: View[Any], version: str) -> None:
    async with owner.transaction():
        if version not in {row["name"] for row in await owner.fetch(VERSIONS, view.name)}:
            raise Refused(f"{view.name} has no version {version}.")
        pointer = await owner.fetchrow(POINTER, view.name)
        if pointer["live"] == version:
            raise Refused(f"{version} is the version that is read: switch to another one first.")
        for statement in FORGET.split(";"):
            await owner.execute(statement, version)
        await owner.execute(f"DROP TABLE IF EXISTS {version}, {terms_of(version)}")


async def heads(db: asyncpg.Connection, versions: Sequence[str]) -> dict[str, dict[int, Checkpoint]]:
    """Their checkpoints, locked until the transaction ends."""
    found: dict[str, dict[int, Checkpoint]] = {version: {} for version in versions}
    for row in await db.fetch(HELD, versions):
        found[row["taker"]][row["partition"]] = checkpoint_of(row)
    return found


def lacking(asked: Mapping[int, Checkpoint], there: Mapping[int, Checkpoint]) -> str | None:
    """What `there` lacks of what was `asked`, as a sentence; None: nothing."""
    for partition, checkpoint in asked.items():
        other = there.get(partition, Checkpoint(partition))
        for service, head in checkpoint.heads.items():
            has = other.head(service)
            if (has.generation, has.position) < (head.generation, head.position):
                missing = head.position - has.position
                return f"It lacks {missing:,} events of {service}, partition {partition}."
    return None
