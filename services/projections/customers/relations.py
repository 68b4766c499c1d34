"""How a customer stands to others: what its contacts say, and what other contacts say of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from kernel.view import reading
from services.contacts.events.relations import RelationKind
from services.projections.customers.customer_360 import CUSTOMER_360, Relation
from services.projections.customers.person import PERSON, called

MOST_INWARD = 100
"""Contacts that say something of a customer, as its page shows them: those known longest."""


Direction = Literal["outward", "inward"]
"""Outward: the customer works for the other one, say; inward: the other one works for the customer."""


class Related(msgspec.Struct, frozen=True):
    """How one of the contacts stands to another contact.

    Of what others say, the page shows a hundred contacts; the search by company finds all that work for it.
    """

    kind: RelationKind
    direction: Direction
    other_id: UUID
    name: str | None
    """What the other one is called now; null: erased, not known yet, or not for a customer to know."""
    since: datetime


class End(NamedTuple):
    """A relation as one of its two ends sees it."""

    direction: Direction
    other_id: UUID
    relation: Relation


async def related(
    db: asyncpg.Connection, contacts: Collection[UUID], said: Mapping[str, Relation], *, named: bool
) -> tuple[Related, ...]:
    """How a customer's contacts stand to others, the latest first. `said`: what they say themselves.

    `named`: whether the others appear by name, or by id alone.
    """
    ends = [End("outward", relation.other_id, relation) for relation in said.values()]
    ends += await _inward(db, contacts)
    if not ends:
        return ()
    persons = await reading.rows(db, PERSON, [(end.other_id,) for end in ends]) if named else {}
    names = {key[0]: called(person) for key, person in persons.items()}
    ends.sort(key=lambda end: (end.relation.recorded_at, end.relation.event_id), reverse=True)
    return tuple(
        Related(
            end.relation.kind,
            end.direction,
            end.other_id,
            names.get(end.other_id),
            end.relation.recorded_at,
        )
        for end in ends
    )


async def _inward(db: asyncpg.Connection, contacts: Collection[UUID]) -> list[End]:
    found = await saying(db, RelationKind, contacts, MOST_INWARD)
    rows = await reading.rows(db, CUSTOMER_360, [(contact,) for contact in found])
    return [
        End("inward", row.contact_id, relation)
        for row in rows.values()
        for relation in row.relations.value.values()
        if relation.other_id in contacts
    ]


SAYING = """
SELECT DISTINCT contact_id FROM {terms}
WHERE kind = ANY($1::text[]) AND term = ANY($2::text[])
ORDER BY contact_id
LIMIT $3"""


async def saying(
    db: asyncpg.Connection, kinds: Iterable[RelationKind], contacts: Iterable[UUID], most: int | None = None
) -> list[UUID]:
    """The contacts that say that they stand so to one of these, in the order of their ids."""
    sql = SAYING.format(terms=await reading.live_terms(db, CUSTOMER_360))
    rows = await db.fetch(sql, list(kinds), [str(contact) for contact in contacts], most)
    return [row["contact_id"] for row in rows]
