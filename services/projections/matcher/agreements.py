"""Which agreements are to be matched: those in force for both sides, not suspended and not over."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import UUID

import asyncpg

from kernel.view.reading import live
from services.projections.matcher import keys
from services.projections.matcher.scanning import begin
from services.projections.partners.agreements import AGREEMENTS

LOG = logging.getLogger(__name__)

AT_ONCE = 5_000
"""Rows that one statement deletes."""

WANTED = """
SELECT agreement_id, proposer_id, counterpart_id FROM (
    SELECT DISTINCT ON (org_id, agreement_id) * FROM {table} a ORDER BY org_id, agreement_id, version DESC
) side
GROUP BY agreement_id, proposer_id, counterpart_id
HAVING count(*) = 2
    AND bool_and(in_force IS NOT NULL AND ends_at > now() AND json_array_length(suspended_by) = 0)"""

KNOWN = "SELECT agreement_id, wrapped IS NULL AS over FROM match_key"

OVER = "UPDATE match_key SET wrapped = NULL WHERE agreement_id = $1"

MADE = ("match", "blocked_match", "match_scan", "match_token")

DELETE = """
DELETE FROM {table} WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM {table} WHERE agreement_id = $1 LIMIT {count:d}))"""

FORGET = "DELETE FROM match_key WHERE agreement_id = $1"


async def settle(db: asyncpg.Connection, wrapping: Mapping[int, bytes]) -> bool:
    """Begins those that came into force, destroys the keys of the others, and deletes what these made.

    Whether some of that is left to be deleted.
    """
    found = await db.fetch(WANTED.format(table=await live(db, AGREEMENTS)))
    wanted = {row["agreement_id"]: (row["proposer_id"], row["counterpart_id"]) for row in found}
    known = {row["agreement_id"]: row["over"] for row in await db.fetch(KNOWN)}
    for agreement_id in wanted.keys() - known.keys():
        LOG.info("an agreement is matched", extra={"agreement": str(agreement_id)})
        await keys.make(db, wrapping, agreement_id, wanted[agreement_id])
        await begin(db, [agreement_id])
    left = False
    for agreement_id, over in known.items():
        if over or agreement_id not in wanted:
            await db.execute(OVER, agreement_id)
            left |= not await _deleted(db, agreement_id)
    return left


async def _deleted(db: asyncpg.Connection, agreement_id: UUID) -> bool:
    """Deletes some of what the agreement's key made; whether that was all."""
    for table in MADE:
        done = await db.execute(DELETE.format(table=table, count=AT_ONCE), agreement_id)
        if done == f"DELETE {AT_ONCE}":
            return False
    await db.execute(FORGET, agreement_id)
    LOG.info("an agreement is not matched any more", extra={"agreement": str(agreement_id)})
    return True
