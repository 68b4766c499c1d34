"""Versions beside the one that is read: begun, followed, switched to, dropped. For the schema's owner."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import asyncpg

from kernel.taking.checkpoints import Checkpoint, Place, checkpoint_of
from kernel.view.tables import table_sql, terms_of
from kernel.view.view import View

UNFINISHED = """
SELECT number, build FROM view_version WHERE view = $1 AND number = $2 AND state IN ('wanted', 'building')
ORDER BY build DESC LIMIT 1"""

STATE = "SELECT state FROM view_version WHERE view = $1 AND name = $2"

LAST = "SELECT coalesce(max(build), 0) FROM view_version WHERE view = $1 AND number = $2"

BEGUN = """
UPDATE view_version SET state = 'building', began_at = coalesce(began_at, clock_timestamp())
WHERE name = $1"""

WORKED = "UPDATE view_version SET worked = worked + $2 WHERE name = $1"

FOLLOW = "UPDATE view_version SET state = 'followed' WHERE name = $1"

FINISHED = "UPDATE view_version SET built_at = coalesce(built_at, clock_timestamp()) WHERE name = $1"

LOSE = "UPDATE view_version SET state = 'lost' WHERE name = ANY($1) AND state <> 'leaving'"

HELD = """
SELECT taker, partition, topics, parked FROM checkpoint
WHERE taker = ANY($1) ORDER BY taker, partition FOR UPDATE"""

POINTER = "SELECT live, former FROM view WHERE name = $1 FOR UPDATE"
POINT = "UPDATE view SET live = $2, former = live WHERE name = $1"
READ = "UPDATE view_version SET read_at = clock_timestamp() WHERE name = $1"

LEAVE = (
    "UPDATE view SET former = NULL WHERE former = $1",
    "UPDATE view_version SET state = 'leaving' WHERE name = $1",
)

NOW = "SELECT pg_current_xact_id()::xid::text"

# A snapshot from before transaction $1 has a lowest running transaction that is no newer than $1.
READING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND usename IN ('projections_app', 'projections_log')
    AND age(backend_xmin) >= age($1::text::xid)"""

FORGET = (
    "DELETE FROM parked WHERE taker = $1",
    "UPDATE dropped SET ended = true WHERE taker = $1",
    "DELETE FROM checkpoint WHERE taker = $1",
    "DELETE FROM view_version WHERE name = $1",
)

SECONDS_TO_BE_LEFT = 60.0
SECONDS_BETWEEN_LOOKS = 0.05


class Refused(Exception):
    """It cannot be done now; the sentence says why."""


class Behind(Refused):
    """The version lacks an event that the one that is read now has."""


class MoreParked(Refused):
    """The version has parked more than the one that is read now."""


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


async def worked(owner: asyncpg.Connection, version: View[Any], seconds: float) -> None:
    """So many more were spent on filling it."""
    await owner.execute(WORKED, version.table_name, seconds)


async def follow(owner: asyncpg.Connection, version: View[Any]) -> None:
    """Has the workers keep it up to date from now on."""
    await owner.execute(FOLLOW, version.table_name)


async def finished(owner: asyncpg.Connection, version: View[Any]) -> None:
    """It lacks nothing any more."""
    await owner.execute(FINISHED, version.table_name)


async def switch(
    owner: asyncpg.Connection,
    view: str,
    version: str,
    services: Collection[str] | None = None,
    *,
    more_parked: bool = True,
) -> None:
    """Has this version read from now on, in one transaction. `services`: whose topics it reads; None: all.

    `more_parked`: even if it has parked more than the one that is read. Raises Behind, MoreParked, Refused.
    """
    async with owner.transaction():
        pointer = await owner.fetchrow(POINTER, view)
        if pointer["live"] == version:
            raise Refused(f"{version} is read already.")
        state = await owner.fetchval(STATE, view, version)
        if state == "leaving":
            raise Refused(f"{version} is being dropped.")
        if state == "lost":
            raise Refused(f"{version} has events that the log does not hold any more.")
        held = await _held(owner, [pointer["live"], version])
        if sentence := lacking(held[pointer["live"]], held[version], services):
            raise Behind(f"{version} is behind {pointer['live']}. {sentence}")
        here, there = (_parked(held[one]) for one in (pointer["live"], version))
        if there > here and not more_parked:
            raise MoreParked(
                f"{version} has parked more events than {pointer['live']}, which is read on, "
                f"{there:,} and not {here:,}: "
                f"`./rapport parked --view {version}` tells why. Drop what can never be taken, or build "
                "another one with --workers."
            )
        await owner.execute(POINT, view, version)
        await owner.execute(READ, version)


async def former(owner: asyncpg.Connection, view: View[Any]) -> str:
    """The version that was read before the last switch; raises Refused where there is none."""
    found: str | None = await owner.fetchval("SELECT former FROM view WHERE name = $1", view.name)
    if found is None:
        raise Refused(f"{view.name} has no former version to go back to.")
    return found


async def lose(owner: asyncpg.Connection, versions: Sequence[str]) -> None:
    """Has nobody follow these any more; one that is read is read on until another is switched to."""
    await owner.execute(LOSE, versions)


async def drop(owner: asyncpg.Connection, view: View[Any], version: str) -> None:
    """Deletes a version that is not read, with all it has parked; raises Refused.

    A request that began before the last switch may not have come to the version yet: its table stays until no
    snapshot is left that could lead there. What was broken off on the way is done when it is asked for again.
    """
    async with owner.transaction():
        pointer = await owner.fetchrow(POINTER, view.name)
        if await owner.fetchval(STATE, view.name, version) is None:
            raise Refused(f"{view.name} has no version {version}.")
        if pointer["live"] == version:
            raise Refused(f"{version} is the version that is read: switch to another one first.")
        for statement in LEAVE:
            await owner.execute(statement, version)
        left = await owner.fetchval(NOW)
    await _left_alone(owner, version, left)
    while True:
        with suppress(asyncpg.DeadlockDetectedError):  # with a worker that has it in hand
            await _drop(owner, version)
            return


async def _left_alone(owner: asyncpg.Connection, version: str, left: str) -> None:
    """Until every snapshot from before transaction `left` is gone."""
    until = asyncio.get_running_loop().time() + SECONDS_TO_BE_LEFT
    while reading := await owner.fetch(READING, left):
        if asyncio.get_running_loop().time() > until:
            pids = ", ".join(str(row["pid"]) for row in reading)
            raise Refused(
                f"{version} may still be read by PostgreSQL's processes {pids}: drop it again later."
            )
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


async def _drop(owner: asyncpg.Connection, version: str) -> None:
    async with owner.transaction():
        for statement in FORGET:
            await owner.execute(statement, version)
        await owner.execute(f"DROP TABLE IF EXISTS {version}, {terms_of(version)}")


async def _held(db: asyncpg.Connection, versions: Sequence[str]) -> dict[str, dict[int, Checkpoint]]:
    """Their checkpoints, locked until the transaction ends."""
    found: dict[str, dict[int, Checkpoint]] = {version: {} for version in versions}
    for row in await db.fetch(HELD, versions):
        found[row["taker"]][row["partition"]] = checkpoint_of(row)
    return found


def _parked(checkpoints: Mapping[int, Checkpoint]) -> int:
    return sum(checkpoint.parked for checkpoint in checkpoints.values())


def lacking(
    asked: Mapping[int, Checkpoint],
    there: Mapping[int, Checkpoint],
    services: Collection[str] | None = None,
) -> str | None:
    """What `there` lacks of what was `asked` of these services, or of all, as a sentence; None: nothing."""
    for (service, partition), events in missing(asked, there, services).items():
        return f"It lacks {events:,} events of {service}, partition {partition}."
    return None


def missing(
    asked: Mapping[int, Checkpoint],
    there: Mapping[int, Checkpoint],
    services: Collection[str] | None = None,
) -> Counter[Place]:
    """The same, by service and partition."""
    found = Counter[Place]()
    for partition, checkpoint in asked.items():
        other = there.get(partition, Checkpoint(partition))
        for service, head in checkpoint.heads.items():
            if services is not None and service not in services:
                continue
            has = other.head(service)
            # Who is at a later generation lacks nothing of one that was left there, lost.
            if has.position < head.position and has.generation <= head.generation:
                found[service, partition] = head.position - has.position
    return found
