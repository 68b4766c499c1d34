"""Which contacts were one customer at a time, as merges and unmerges had made it by then."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kernel.log.facts import type_of
from kernel.taking.arrivals import Reading
from kernel.view.history.aside import Aside, set_aside
from kernel.view.history.past import Past
from kernel.web.access import Role
from kernel.web.inquiry import Inquiry
from services.contacts.events import ContactsAbsorbed
from services.projections.operations.journal import JOURNAL
from services.projections.shared.identity import IDENTITY, CustomerContacts, customer_asked, customer_of
from services.projections.shared.memory import Memory

IDENTITIES = Reading([IDENTITY])
EVERYTHING = Reading([JOURNAL])


async def customer_of_then(
    inquiry: Inquiry, contact_id: UUID, as_of: datetime | None
) -> CustomerContacts | None:
    """The customer that a contact belonged to then, or belongs to now."""
    if as_of is None:
        return await customer_asked(inquiry, contact_id)
    then = await customer_then(inquiry, contact_id, as_of)
    return then if then and await may_see(inquiry, then) else None


async def customer_then(
    inquiry: Inquiry, contact_id: UUID, until: datetime | None
) -> CustomerContacts | None:
    """The customer that a contact belonged to, whoever asks; None where it was not there yet."""
    memory, aside = Memory(inquiry, until), await set_aside(inquiry.db, [IDENTITY])
    customer_id = (await _customers(memory, aside, {contact_id})).get(contact_id)
    if customer_id is None:
        return None
    joined = await _customers(
        memory, aside, await _ever_absorbed(memory, customer_id) | {customer_id, contact_id}
    )
    contacts = sorted(contact for contact, customer in joined.items() if customer == customer_id)
    return CustomerContacts(customer_id, contacts)


async def _customers(memory: Memory, aside: Aside, contacts: set[UUID]) -> dict[UUID, UUID]:
    """Whose each of these contacts was; one that was not there yet is absent."""
    past = Past([IDENTITY], aside)
    past.take(await memory.events(IDENTITIES, contacts))
    rows = past.every(IDENTITY).values()
    return {row.contact_id: row.customer_id for row in rows if row.customer_id is not None}


async def _ever_absorbed(memory: Memory, customer_id: UUID) -> set[UUID]:
    """Every contact that some merge, of any time, brought to the customer."""
    always = Memory(memory.inquiry, None)
    merges = await always.events(EVERYTHING, [customer_id], [type_of(ContactsAbsorbed)])
    return {contact for merge in merges if merge.fact for contact in merge.fact.event.contacts}


async def may_see(inquiry: Inquiry, then: CustomerContacts) -> bool:
    """A customer sees of the past only contacts that are its own now: a merge may have been a mistake."""
    if inquiry.caller.role is not Role.CUSTOMER:
        return True
    now = await customer_of(inquiry.db, inquiry.caller.contact_id) if inquiry.caller.contact_id else None
    return now is not None and set(then.contacts) <= set(now.contacts)
