"""Brings the matches of one agreement up to date with contacts of one side that may have changed.

Only those customers are looked at again whose candidates may be others than before; of all that these have in
common with anybody the matches are made anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

import asyncpg

from kernel.view.reading import rows_of
from services.projections.customers.person import PERSON, Person
from services.projections.matcher import saving
from services.projections.matcher.customers import Customer, around, former
from services.projections.matcher.keys import Agreement
from services.projections.matcher.pairing import Compared, identifiers, matched
from services.projections.shared.identity import IDENTITY
from services.projections.sharing.matchable import MATCHABLE

FORGET = "DELETE FROM match_token WHERE agreement_id = $1 AND org_id = $2 AND contact_id = ANY($3::uuid[])"

REMEMBER = """
INSERT INTO match_token (agreement_id, org_id, contact_id, token, customer_id, version)
SELECT $1, $2, * FROM unnest($3::uuid[], $4::bytea[], $5::uuid[], $6::bigint[])"""

CONTACTS = """
SELECT DISTINCT org_id, contact_id, customer_id, version
FROM unnest($2::uuid[], $3::uuid[]) AS one (org_id, customer_id) JOIN match_token USING (org_id, customer_id)
WHERE agreement_id = $1"""


async def rematch(
    db: asyncpg.Connection, agreement: Agreement, org_id: UUID, contacts: Collection[UUID]
) -> None:
    """In the caller's transaction, in which the views do not change."""
    looked_at = await _now(db, org_id, contacts)
    own = {(org_id, one.customer_id) for one in looked_at}
    own |= await former(db, agreement.agreement_id, org_id, contacts)
    before = await around(db, agreement.agreement_id, own)
    gone = {(org_id, contact) for contact in contacts} | {
        side for side, _ in await _known(db, agreement.agreement_id, before)
    }
    await _remember(db, agreement, org_id, contacts, looked_at)
    touched = await around(db, agreement.agreement_id, before)
    known = await _known(db, agreement.agreement_id, await around(db, agreement.agreement_id, touched))
    left, right = await _sides(db, agreement, known)
    await saving.save(db, agreement, touched, gone | {side for side, _ in known}, matched(left, right))


async def _now(db: asyncpg.Connection, org_id: UUID, contacts: Collection[UUID]) -> list[Compared]:
    """These contacts as the views know them; one that is not known any more is absent."""
    ids = [(org_id, (contact,)) for contact in contacts]
    persons, customers = await rows_of(db, PERSON, ids), await rows_of(db, IDENTITY, ids)
    found = []
    for at, row in (await rows_of(db, MATCHABLE, ids)).items():
        customer = customers[at].customer_id if at in customers else None
        person = persons.get(at, Person(row.contact_id))
        found.append(Compared(row.contact_id, customer or row.contact_id, row.version, person))
    return found


async def _remember(
    db: asyncpg.Connection,
    agreement: Agreement,
    org_id: UUID,
    contacts: Collection[UUID],
    looked_at: Iterable[Compared],
) -> None:
    await db.execute(FORGET, agreement.agreement_id, org_id, contacts)
    rows = [
        (one.contact_id, agreement.token(identifier), one.customer_id, one.version)
        for one in looked_at
        for identifier in identifiers(one.person)
    ]
    if rows:
        await db.execute(REMEMBER, agreement.agreement_id, org_id, *zip(*rows, strict=True))


Side = tuple[UUID, UUID]
"""Organisation and contact."""


async def _known(
    db: asyncpg.Connection, agreement_id: UUID, customers: Collection[Customer]
) -> list[tuple[Side, tuple[UUID, int]]]:
    """The customers' contacts that have tokens, each with its customer and version as last looked at."""
    orgs, ids = [org_id for org_id, _ in customers], [customer for _, customer in customers]
    rows = await db.fetch(CONTACTS, agreement_id, orgs, ids)
    return [((row["org_id"], row["contact_id"]), (row["customer_id"], row["version"])) for row in rows]


async def _sides(
    db: asyncpg.Connection, agreement: Agreement, known: Collection[tuple[Side, tuple[UUID, int]]]
) -> tuple[list[Compared], list[Compared]]:
    """Both sides' contacts, in the versions in which they were last looked at.

    One that moved on meanwhile will be looked at again, and until then its match does not count.
    """
    persons = await rows_of(db, PERSON, ((org_id, (contact,)) for (org_id, contact), _ in known))
    sides: dict[UUID, list[Compared]] = {side: [] for side in agreement.sides}
    for (org_id, contact), (customer, version) in known:
        if (person := persons.get((org_id, (contact,)))) is not None:
            sides[org_id].append(Compared(contact, customer, version, person))
    left, right = sides.values()
    return left, right
