"""Finding customers: POST /customers/search, each customer once, found by any of its contacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
from pydantic import AfterValidator, Field

from kernel.view import reading
from kernel.web.inquiry import Inquiry
from kernel.web.service import Query
from lib.identifiers import Identifier
from lib.names import searchable
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import ContactKind
from services.projections.customers.customer_360 import CUSTOMER_360
from services.projections.customers.directory.finding import Criteria, SearchPlace, first_place, walk
from services.projections.customers.person import PERSON, KnownBy, Person, called
from services.projections.customers.relations import saying
from services.projections.customers.roles import CLEAR
from services.projections.shared import paging
from services.projections.shared.identity import IDENTITY, customer_of, customers_of


def _searchable(text: str) -> str:
    if not searchable(text):
        raise ValueError("a search needs a letter or a digit")
    return text


Words = Annotated[
    str, Field(min_length=1, max_length=200, examples=["anna gru"]), AfterValidator(_searchable)
]


class CustomersAsked(paging.Listing):
    """Customers with a contact to which all this applies; asking nothing, everyone."""

    words: Words | None = None
    """Each begins a word of the contact's name."""
    identifier: Identifier | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    company_id: UUID | None = None
    """Works for this company."""


class FoundContact(msgspec.Struct, frozen=True):
    """A contact of a found customer."""

    contact_id: UUID
    kind: ContactKind | None
    name: str | None
    identifiers: tuple[KnownBy, ...]
    owner_id: UUID | None
    team_id: UUID | None
    closed: bool


class FoundCustomer(msgspec.Struct, frozen=True):
    """A customer with all its contacts, the surviving one first."""

    customer_id: UUID
    name: str | None
    contacts: tuple[FoundContact, ...]


class FoundCustomers(msgspec.Struct, frozen=True):
    """In the order of the names found: of the word that was looked for, then of the whole name."""

    customers: tuple[FoundCustomer, ...]
    cursor: str | None = None


async def search(inquiry: Inquiry, asked: CustomersAsked) -> FoundCustomers:
    """Stable while customers come and go: a page begins after the last place of the one before."""
    db, after = inquiry.db, paging.after(inquiry, asked, SearchPlace)
    finds = await _finds(db, await _criteria(db, asked), after, asked.limit + 1)
    shown, cursor = paging.paged(inquiry, asked, finds, lambda find: find[0])
    return FoundCustomers(tuple(customer for _, customer in shown), cursor)


async def _finds(
    db: asyncpg.Connection, criteria: Criteria, after: SearchPlace | None, count: int
) -> list[tuple[SearchPlace, FoundCustomer]]:
    """The next customers, each at the first place at which the search comes upon it."""
    found: list[tuple[SearchPlace, FoundCustomer]] = []
    while len(found) < count:
        places = await walk(db, criteria, after, count)
        customers = await customers_of(db, {contact for _, contact in places})
        contacts = {(contact,) for customer in customers.values() for contact in customer.contacts}
        persons = await reading.rows(db, PERSON, contacts)
        for place in places:
            if customer := customers.get(place[1]):
                members = [persons[contact,] for contact in customer.contacts if (contact,) in persons]
                if first_place(criteria, members) == place:
                    found.append((place, _customer(customer.customer_id, members)))
        if len(places) < count:
            break
        after = places[-1]
    return found[:count]


def _customer(customer_id: UUID, members: Sequence[Person]) -> FoundCustomer:
    shown = sorted(members, key=lambda person: (person.contact_id != customer_id, person.contact_id))
    contacts = tuple(_contact(person) for person in shown)
    return FoundCustomer(customer_id, contacts[0].name, contacts)


def _contact(person: Person) -> FoundContact:
    return FoundContact(
        person.contact_id,
        person.kind,
        called(person),
        person.identifiers,
        person.owner_id,
        person.team_id,
        person.closed,
    )


async def _criteria(db: asyncpg.Connection, asked: CustomersAsked) -> Criteria:
    contacts: frozenset[UUID] | None = None
    if asked.identifier is not None:
        contacts = await known_by(db, asked.identifier)
    if asked.company_id is not None:
        staff = await working_for(db, asked.company_id)
        contacts = staff if contacts is None else contacts & staff
    words = tuple(searchable(asked.words or "").split())
    return Criteria(words, asked.owner_id, asked.team_id, contacts)


async def known_by(db: asyncpg.Connection, identifier: Identifier) -> frozenset[UUID]:
    """The contacts that have the identifier: one that is open, and closed ones."""
    terms = await reading.live_terms(db, PERSON)
    sql = f"SELECT contact_id FROM {terms} WHERE kind = $1 AND term = $2"
    return frozenset(row["contact_id"] for row in await db.fetch(sql, identifier.kind, identifier.value))


async def working_for(db: asyncpg.Connection, company_id: UUID) -> frozenset[UUID]:
    """The contacts that say so, of any of the company's contacts."""
    if (company := await customer_of(db, company_id)) is None:
        return frozenset()
    return frozenset(await saying(db, [RelationKind.WORKS_FOR], company.contacts))


SEARCH = Query(
    method="POST",
    path="/customers/search",
    roles=CLEAR,
    handler=search,
    views=(IDENTITY, PERSON, CUSTOMER_360),
    params=CustomersAsked,
    answer=FoundCustomers,
    summary="Find customers",
    examples=({"words": "anni gru"}, {"identifier": {"kind": "loyalty-card", "value": "2900 4242"}}),
)
