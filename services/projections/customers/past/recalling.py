"""A customer's rows as they were: its own events, folded; and of others what a page shows of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from kernel.log.facts import type_of
from kernel.taking.arrivals import Arrival, Reading
from kernel.view.history.past import Past
from kernel.view.reading import live
from kernel.web.inquiry import Inquiry
from services.contacts.events import ContactRegistered, NameCorrected, RelationAdded, RelationEnded
from services.projections.customers import relations
from services.projections.customers.customer_360 import CUSTOMER_360, Customer360
from services.projections.customers.page.showing import SECTIONS, Known
from services.projections.customers.past.identity import customer_then, may_see
from services.projections.customers.person import PERSON, called
from services.projections.customers.roles import CLEAR
from services.projections.customers.value_tiers import VALUE_TIERS, Tiers
from services.projections.operations.journal import JOURNAL
from services.projections.shared.identity import IDENTITY, CustomerContacts, surviving_first
from services.projections.shared.memory import Memory, in_order, left_out

FOLDED = (IDENTITY, PERSON, CUSTOMER_360, VALUE_TIERS)
RECALLED = (JOURNAL, IDENTITY, VALUE_TIERS)
"""What an answer about another time reads: the journal; of now, whose a contact is and where tiers stand."""

MADE_OF = ("contacts", "sales")
"""The services that tell of customers."""

PAGE = Reading(FOLDED)
RELATIONS = (RelationAdded, RelationEnded)
NAMES = (type_of(ContactRegistered), type_of(NameCorrected))
"""What says how a contact is called."""


@dataclass(frozen=True)
class Recalled:
    """A customer as it was at a time, and all events that its page is made of, as they were recorded."""

    customer: CustomerContacts
    named: Collection[UUID]
    """The others whom the page shows by name."""
    arrivals: Sequence[Arrival]
    past: Past
    """All of them folded."""
    at: datetime
    on: date

    def known(self, past: Past | None = None) -> Known:
        """The rows that the page is made of; `past` may have taken fewer of the events."""
        past = past or self.past
        keys = [(contact,) for contact in surviving_first(self.customer)]
        persons = past.rows(PERSON, [*keys, *((other,) for other in self.named)])
        return Known(
            customer=self.customer,
            persons=[persons[key] for key in keys if key in persons],
            parts=list(past.rows(CUSTOMER_360, keys).values()),
            inward=_inward(past, self.customer.contacts),
            names={other: called(persons[other,]) for other in self.named if (other,) in persons},
            tiers=_tiers(past),
            at=self.at,
            on=self.on,
        )


async def recall(
    inquiry: Inquiry,
    contact_id: UUID,
    until: datetime | None,
    on: date | None = None,
    sections: Iterable[str] = SECTIONS,
    once: bool = False,
) -> Recalled | None:
    """None where the caller may see no such contact, or it was not there yet.

    `until` None: now. Only these sections of the page can be made of it. `once`: by name appear also those to
    whom a relation ended.
    """
    customer = await customer_then(inquiry, contact_id, until)
    if customer is None or not await may_see(inquiry, customer):
        return None
    types = {type_of(cls) for name in sections for cls in SECTIONS[name].made_of}
    past, memory = Past(FOLDED, await left_out(inquiry.db, FOLDED, MADE_OF)), Memory(inquiry, until)
    own = [
        *await memory.events(PAGE, customer.contacts, types),
        *await memory.events(PAGE, await _tiers_stream(inquiry), types),
    ]
    await asyncio.to_thread(past.take, own)
    named: set[UUID] = set()
    if inquiry.caller.role in CLEAR:
        named = _ever_named(own) if once else _named(past, customer)
    names = await memory.events(PAGE, named.difference(customer.contacts), NAMES)
    past.take(names)
    at = until or datetime.now(UTC)
    return Recalled(customer, named, in_order([*own, *names]), past, at, on or at.date())


def _named(past: Past, customer: CustomerContacts) -> set[UUID]:
    parts = past.rows(CUSTOMER_360, [(contact,) for contact in customer.contacts]).values()
    return relations.others(parts, _inward(past, customer.contacts))


def _ever_named(arrivals: Iterable[Arrival]) -> set[UUID]:
    related = (one.fact.event for one in arrivals if one.fact)
    return {end for event in related if isinstance(event, RELATIONS) for end in event.subjects()}


def _inward(past: Past, contacts: Collection[UUID]) -> list[Customer360]:
    """Who says something of these contacts: each such event is in the journal under both."""
    saying = [
        row
        for row in past.every(CUSTOMER_360).values()
        if any(relation.other_id in contacts for relation in row.relations.value.values())
    ]
    return sorted(saying, key=lambda row: row.contact_id)[: relations.MOST_INWARD]


async def _tiers_stream(inquiry: Inquiry) -> list[UUID]:
    """The organisation's stream of value tiers: it never goes, once it is there."""
    table = await live(inquiry.db, VALUE_TIERS)
    return [row["stream_id"] for row in await inquiry.db.fetch(f"SELECT stream_id FROM {table}")]


def _tiers(past: Past) -> Tiers | None:
    return next(((row.currency, row.tiers) for row in past.every(VALUE_TIERS).values() if row.currency), None)
