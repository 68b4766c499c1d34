"""Looking through all contacts of both sides of an agreement, page by page in the order of their ids."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

import asyncpg

from kernel.view.reading import live
from services.projections.sharing.matchable import MATCHABLE

LOG = logging.getLogger(__name__)

PAGE = 500
"""Contacts that are looked at in one transaction."""

BEGIN = """
INSERT INTO match_scan (agreement_id, org_id, after, contacts)
SELECT agreement_id, side, '00000000-0000-0000-0000-000000000000', (
    SELECT count(*) FROM {table} WHERE org_id = side)
FROM match_key, unnest(sides) side
WHERE wrapped IS NOT NULL AND ($1::uuid[] IS NULL OR agreement_id = ANY($1))
ON CONFLICT (agreement_id, org_id) DO UPDATE
SET after = excluded.after, seen = 0, contacts = excluded.contacts"""

NEXT = (
    "SELECT agreement_id, org_id, after, seen, contacts FROM match_scan ORDER BY agreement_id, org_id LIMIT 1"
)

# A contact that has tokens and is not in the view any more was lost with a log that was restored.
IDS = """
SELECT contact_id FROM (
    (SELECT DISTINCT contact_id FROM {table}
        WHERE org_id = $2 AND contact_id > $3 ORDER BY contact_id LIMIT {count:d})
    UNION
    (SELECT DISTINCT contact_id FROM match_token
        WHERE agreement_id = $1 AND org_id = $2 AND contact_id > $3 ORDER BY contact_id LIMIT {count:d})
) either ORDER BY contact_id LIMIT {count:d}"""

GO_ON = "UPDATE match_scan SET after = $3, seen = seen + $4 WHERE agreement_id = $1 AND org_id = $2"

DONE = "DELETE FROM match_scan WHERE agreement_id = $1 AND org_id = $2"


class Page(NamedTuple):
    """Contacts of one side of an agreement."""

    agreement_id: UUID
    org_id: UUID
    contacts: list[UUID]


async def begin(db: asyncpg.Connection, agreements: Collection[UUID] | None = None) -> None:
    """Has both sides of these agreements, or of all, looked through from the beginning."""
    await db.execute(BEGIN.format(table=await live(db, MATCHABLE)), agreements)


async def next_page(db: asyncpg.Connection) -> Page | None:
    """What is to be looked at next, and counts as looked at; None when all is done."""
    row = await db.fetchrow(NEXT)
    if row is None:
        return None
    side = row["agreement_id"], row["org_id"]
    sql = IDS.format(table=await live(db, MATCHABLE), count=PAGE)
    contacts = [found["contact_id"] for found in await db.fetch(sql, *side, row["after"])]
    if len(contacts) < PAGE:
        await db.execute(DONE, *side)
    else:
        await db.execute(GO_ON, *side, contacts[-1], len(contacts))
    _tell(*side, row["seen"] + len(contacts), row["contacts"], len(contacts) < PAGE)
    return Page(*side, contacts)


def _tell(agreement_id: UUID, org_id: UUID, seen: int, contacts: int, done: bool) -> None:
    if done or seen % (100 * PAGE) == 0:
        LOG.info(
            "looked through",
            extra={
                "agreement": str(agreement_id),
                "side": str(org_id),
                "seen": seen,
                "contacts": contacts,
                "done": done,
            },
        )
