"""Which customer each contact belongs to: itself, until a merge says otherwise."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from kernel.taking.fact import Fact
from kernel.view.reading import live
from kernel.view.view import Key, View
from kernel.web.inquiry import Inquiry
from services.contacts.events import ContactRegistered, CustomerJoined, CustomerLeft
from services.projections.sharing.matchable import GATE, MATCHER

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    partition smallint NOT NULL,
    version bigint NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (org_id, contact_id, partition)
);
CREATE INDEX {table}_customer ON {table} (org_id, customer_id, contact_id)"""


class Identity(msgspec.Struct, frozen=True):
    """One contact. `version` is that of its stream when this was last said."""

    contact_id: UUID
    version: int = 0
    customer_id: UUID | None = None


def keys(fact: Fact[Any]) -> list[Key]:
    return [(fact.event.contact_id,)]


def fold(row: Identity, fact: Fact[Any]) -> Identity:
    match fact.event:
        case ContactRegistered():
            return Identity(row.contact_id, fact.envelope.version, row.contact_id)
        case CustomerJoined(customer_id=customer) | CustomerLeft(customer_id=customer):
            return Identity(row.contact_id, fact.envelope.version, customer)
    return row


def combine(rows: Sequence[Identity]) -> Identity:
    """A contact's facts stand on its own stream, so that the later part is the whole."""
    return max(rows, key=lambda row: row.version)


IDENTITY = View(
    name="identity",
    number=1,
    row=Identity,
    key=("contact_id",),
    reads=(ContactRegistered, CustomerJoined, CustomerLeft),
    keys=keys,
    fold=fold,
    combine=combine,
    table=TABLE,
    readers=(MATCHER, GATE),
)

CONTACTS = """
SELECT one.contact_id AS asked_id, other.customer_id, other.contact_id
FROM unnest($1::uuid[]) AS asked (contact_id)
JOIN {table} one ON one.contact_id = asked.contact_id
JOIN {table} other ON other.customer_id = one.customer_id
ORDER BY other.contact_id"""


class CustomerContacts(NamedTuple):
    """A customer and all its contacts, in the order of their ids."""

    customer_id: UUID
    contacts: list[UUID]


def surviving_first(customer: CustomerContacts) -> list[UUID]:
    """Its contacts as lists show them."""
    return sorted(customer.contacts, key=lambda contact: (contact != customer.customer_id, contact))


async def customers_of(db: asyncpg.Connection, contact_ids: Collection[UUID]) -> dict[UUID, CustomerContacts]:
    """The customer of each of these contacts; unknown ones are absent."""
    found: dict[UUID, CustomerContacts] = {}
    for row in await db.fetch(CONTACTS.format(table=await live(db, IDENTITY)), contact_ids):
        customer = found.setdefault(row["asked_id"], CustomerContacts(row["customer_id"], []))
        customer.contacts.append(row["contact_id"])
    return found


async def customer_of(db: asyncpg.Connection, contact_id: UUID) -> CustomerContacts | None:
    """The customer that a contact belongs to."""
    return (await customers_of(db, [contact_id])).get(contact_id)


async def customer_asked(inquiry: Inquiry, contact_id: UUID) -> CustomerContacts | None:
    """The same for who asks: None too where it is there, but not the asking customer itself."""
    found = await customer_of(inquiry.db, contact_id)
    return found if found and inquiry.caller.owns(found.contacts) else None
