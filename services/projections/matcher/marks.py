"""How far the matcher has followed the views, in the database: moved by one leader at a time."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from kernel.log.lease import Lease, LeaseLost
from kernel.log.partitions import PARTITIONS
from kernel.taking.checkpoints import Connection
from kernel.view.reading import live, live_checkpoints
from services.projections.customers.person import PERSON
from services.projections.shared.identity import IDENTITY
from services.projections.sharing.matchable import MATCHABLE

FOLLOWED = (MATCHABLE, PERSON, IDENTITY)

PAGE = 50
"""Contacts of each partition that are looked at in one transaction."""

ADOPT = "UPDATE matching SET epoch = $1 WHERE epoch < $1"

LOCK = "SELECT epoch, tables, positions, parked FROM matching FOR UPDATE"

SAVE = "UPDATE matching SET tables = $1, positions = $2, parked = $3"

CHANGED = """
SELECT mark.partition, one.position, one.org_id, one.contact_id
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS mark (partition, after, until)
CROSS JOIN LATERAL (
    SELECT position, org_id, contact_id FROM {table}
    WHERE partition = mark.partition AND position > mark.after AND position <= mark.until
    ORDER BY position LIMIT {count:d}
) one"""


@dataclass(frozen=True, slots=True)
class Marks:
    """Positions on the topic of contacts, by partition; the tables that are there; and how many events these
    had parked then, by table and partition."""

    tables: tuple[str, ...]
    positions: tuple[int, ...]
    parked: tuple[int, ...]

    def follows(self, before: Marks) -> bool:
        """Whether nothing came into these tables but what their positions tell."""
        return self.tables == before.tables and all(
            now >= then for now, then in zip(self.parked, before.parked, strict=True)
        )


async def reached(db: Connection) -> Marks:
    """How far all views are that the matcher follows."""
    names, positions, parked = {}, [2**62] * PARTITIONS, {}
    for version, checkpoint in await live_checkpoints(db, FOLLOWED):
        at = checkpoint.partition
        names[version.name] = version.table_name
        parked[version.name, at] = checkpoint.parked
        positions[at] = min(positions[at], checkpoint.head("contacts").position)
    return Marks(
        tuple(names[view.name] for view in FOLLOWED),
        tuple(positions),
        tuple(parked[view.name, at] for view in FOLLOWED for at in range(PARTITIONS)),
    )


async def adopt(pool: asyncpg.Pool, lease: Lease) -> None:
    """From now on former leaders change nothing."""
    await pool.execute(ADOPT, lease.epoch)


async def locked(db: asyncpg.Connection, lease: Lease) -> Marks:
    """The marks, which stay until the transaction ends; raises LeaseLost where another leads by now."""
    row = await db.fetchrow(LOCK)
    if row["epoch"] != lease.epoch:
        raise LeaseLost(f"another process took the lease {lease.name!r}")
    return Marks(tuple(row["tables"]), tuple(row["positions"]), tuple(row["parked"]))


async def save(db: asyncpg.Connection, marks: Marks) -> None:
    """Writes locked marks back."""
    await db.execute(SAVE, marks.tables, marks.positions, marks.parked)


AHEAD = """
SELECT contact_id FROM {table}
WHERE org_id = $1 AND contact_id = ANY($2::uuid[]) AND position > ($3::bigint[])[partition + 1]"""


async def ahead(db: asyncpg.Connection, until: Marks, org_id: UUID, contacts: list[UUID]) -> set[UUID]:
    """Which of these have facts that not all views have taken: they will be among those that changed."""
    sql = AHEAD.format(table=await live(db, MATCHABLE))
    return {row["contact_id"] for row in await db.fetch(sql, org_id, contacts, until.positions)}


async def changed(db: asyncpg.Connection, since: Marks, until: Marks) -> tuple[dict[UUID, list[UUID]], Marks]:
    """The next contacts that changed, by organisation, and how far that is."""
    sql = CHANGED.format(table=await live(db, MATCHABLE), count=PAGE)
    rows = await db.fetch(sql, list(range(PARTITIONS)), since.positions, until.positions)
    contacts: dict[UUID, list[UUID]] = {}
    last: dict[int, list[int]] = {}
    for row in rows:
        contacts.setdefault(row["org_id"], []).append(row["contact_id"])
        last.setdefault(row["partition"], []).append(row["position"])
    positions = tuple(
        max(last[at]) if len(last.get(at, ())) == PAGE else until.positions[at] for at in range(PARTITIONS)
    )
    return contacts, Marks(until.tables, positions, until.parked)
