"""Customers that have something in common under an agreement, as the tokens of both sides tell."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import asyncpg

Customer = tuple[UUID, UUID]
"""Organisation and customer."""

COMMON = """
SELECT other.org_id, other.customer_id
FROM unnest($2::uuid[], $3::uuid[]) AS one (org_id, customer_id)
JOIN match_token own USING (org_id, customer_id)
JOIN match_token other ON other.agreement_id = $1 AND other.token = own.token AND other.org_id <> own.org_id
WHERE own.agreement_id = $1
UNION
SELECT m.other_org_id, m.other_customer_id
FROM unnest($2::uuid[], $3::uuid[]) AS one (org_id, customer_id)
JOIN match m USING (org_id, customer_id)
WHERE m.agreement_id = $1"""

FORMER = """
SELECT DISTINCT org_id, customer_id FROM match_token
WHERE agreement_id = $1 AND org_id = $2 AND contact_id = ANY($3::uuid[])"""


async def former(
    db: asyncpg.Connection, agreement_id: UUID, org_id: UUID, contacts: Collection[UUID]
) -> set[Customer]:
    """Whose these contacts were when they were last looked at."""
    return {(row[0], row[1]) for row in await db.fetch(FORMER, agreement_id, org_id, contacts)}


async def around(
    db: asyncpg.Connection, agreement_id: UUID, customers: Collection[Customer]
) -> set[Customer]:
    """These, those that have something in common with them, and those that have with these in turn."""
    found = set(customers)
    latest = found
    for _ in range(2):
        if not latest:
            break
        orgs, ids = zip(*latest, strict=True)
        rows = await db.fetch(COMMON, agreement_id, orgs, ids)
        latest = {(row[0], row[1]) for row in rows} - found
        found = found | latest
    return found
