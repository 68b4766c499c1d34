"""The rows of matches, and of contacts that nobody matches because several might: each side has its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import asyncpg
import msgspec

from services.projections.matcher.customers import Customer
from services.projections.matcher.keys import Agreement
from services.projections.matcher.pairing import Match, Matching

AMBIGUOUS = "ambiguous"

REMOVE = """
DELETE FROM match m USING unnest($2::uuid[], $3::uuid[]) AS touched (org_id, customer_id)
WHERE m.agreement_id = $1 AND (m.org_id, m.customer_id) = (touched.org_id, touched.customer_id)
    AND NOT EXISTS (
        SELECT FROM unnest($4::uuid[], $5::uuid[]) AS kept (org_id, contact_id)
        WHERE (kept.org_id, kept.contact_id) = (m.org_id, m.contact_id))"""

# It is a match since the two were first matched, whatever moved on in them; what is the same is not written.
SAVE = """
INSERT INTO match AS m (agreement_id, org_id, contact_id, other_org_id, other_contact_id, customer_id,
    other_customer_id, version, other_version, grade, probability, evidence)
SELECT $1, n.org_id, n.contact_id, n.other_org_id, n.other_contact_id, n.customer_id,
    n.other_customer_id, n.version, n.other_version, n.grade, n.probability, n.evidence::jsonb
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::bigint[],
    $9::bigint[], $10::text[], $11::float8[], $12::text[]) AS n (org_id, contact_id, other_org_id,
    other_contact_id, customer_id, other_customer_id, version, other_version, grade, probability, evidence)
ON CONFLICT (agreement_id, org_id, contact_id) DO UPDATE
SET other_contact_id = excluded.other_contact_id, customer_id = excluded.customer_id,
    other_customer_id = excluded.other_customer_id, version = excluded.version,
    other_version = excluded.other_version, grade = excluded.grade, probability = excluded.probability,
    evidence = excluded.evidence,
    since = CASE m.other_contact_id WHEN excluded.other_contact_id THEN m.since ELSE excluded.since END
WHERE (m.other_contact_id, m.customer_id, m.other_customer_id, m.version, m.other_version, m.grade,
        m.probability, m.evidence)
    IS DISTINCT FROM (excluded.other_contact_id, excluded.customer_id, excluded.other_customer_id,
        excluded.version, excluded.other_version, excluded.grade, excluded.probability, excluded.evidence)"""

UNBLOCK = """
DELETE FROM blocked_match b USING unnest($2::uuid[], $3::uuid[]) AS gone (org_id, contact_id)
WHERE b.agreement_id = $1 AND (b.org_id, b.contact_id) = (gone.org_id, gone.contact_id)"""

BLOCK = f"""
INSERT INTO blocked_match (agreement_id, org_id, contact_id, reason)
SELECT $1, org_id, contact_id, '{AMBIGUOUS}' FROM unnest($2::uuid[], $3::uuid[]) AS n (org_id, contact_id)
ON CONFLICT DO NOTHING"""


async def save(
    db: asyncpg.Connection,
    agreement: Agreement,
    touched: Collection[Customer],
    contacts: Collection[Customer],
    matching: Matching,
) -> None:
    """In place of the rows of the touched customers and, where they were blocked, of these contacts."""
    at = agreement.agreement_id
    rows = [
        row for match in matching.matches for row in _rows(agreement, match) if (row[0], row[4]) in touched
    ]
    await db.execute(REMOVE, at, *_columns(touched, 2), *_columns([row[:2] for row in rows], 2))
    if rows:
        await db.execute(SAVE, at, *_columns(rows, 11))
    blocked = {
        (org, contact)
        for org, found in zip(agreement.sides, (matching.blocked_left, matching.blocked_right), strict=True)
        for contact, customer in found.items()
        if (org, customer) in touched
    }
    await db.execute(UNBLOCK, at, *_columns(set(contacts) - blocked, 2))
    await db.execute(BLOCK, at, *_columns(blocked, 2))


def _rows(agreement: Agreement, match: Match) -> Iterator[tuple[Any, ...]]:
    """One for each side: its contact, the other's, the customers, the versions, and what speaks for it."""
    one, other = agreement.sides
    for org, mine, other_org, its in (
        (one, match.left, other, match.right),
        (other, match.right, one, match.left),
    ):
        yield (
            org,
            mine.contact_id,
            other_org,
            its.contact_id,
            mine.customer_id,
            its.customer_id,
            mine.version,
            its.version,
            match.grade.value,
            match.probability,
            msgspec.json.encode(match.evidence).decode(),
        )


def _columns(rows: Collection[tuple[Any, ...]], count: int) -> list[list[Any]]:
    return [[row[n] for row in rows] for n in range(count)]
