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
from services.projections.customers.customer_360 import CUSTOMER_360, Customer360, Relation
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


def ends(
    contacts: Collection[UUID], said: Mapping[str, Relation], others: Iterable[Customer360]
) -> list[End]:
    """The relations of a customer's contacts, the latest first.

    `said`: what they say themselves; `others`: who says something of them.
    """
    found = [End("outward", relation.other_id, relation) for relation in said.values()]
    found += [
        End("inward", row.contact_id, relation)
        for row in others
        for relation in row.relations.value.values()
        if relation.other_id in contacts
    ]
    return sorted(found, key=lambda end: (end.relation.recorded_at, end.relation.event_id), reverse=True)


def related(found: Iterable[End], names: Mapping[UUID, str | None]) -> tuple[Related, ...]:
    """The relations as a page shows them; who has no name there appears by id alone."""
    return tuple(
        Related(
            end.relation.kind,
            end.direction,
            end.other_id,
            names.get(end.other_id),
            end.relation.recorded_at,
        )
        for end in found
    )


def others(parts: Iterable[Customer360], inward: Iterable[Customer360]) -> set[UUID]:
    """Everyone to whom these stand so, and who says that of them."""
    said = {relation.other_id for row in parts for relation in row.relations.value.values()}
    return said | {row.contact_id for row in inward}


async def inward(db: asyncpg.Connection, contacts: Collection[UUID]) -> Collection[Customer360]:
    """The contacts that say something of these, as far as a page shows them."""
    found = await saying(db, RelationKind, contacts, MOST_INWARD)
    return (await reading.rows(db, CUSTOMER_360, [(contact,) for contact in found])).values()


async def names_of(db: asyncpg.Connection, contacts: Collection[UUID]) -> dict[UUID, str | None]:
    """What these contacts are called now."""
    if not contacts:
        return {}
    persons = await reading.rows(db, PERSON, [(contact,) for contact in contacts])
    return {key[0]: called(person) for key, person in persons.items()}


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
