"""Decisions about which contacts are one customer.

A customer is named by its surviving contact, whose stream holds what each merge brought. So two merges that
meet both write that stream, or one that the other moves, and the second decides again. Joining always goes to
the customer itself, never to a contact inside of one: there are no chains, hence no cycles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from kernel.commands import Rejected
from kernel.log.facts import Event
from services.contacts.commands import MergeContact, UnmergeContact
from services.contacts.decider.state import Contact, Join
from services.contacts.events import (
    ContactsAbsorbed,
    ContactsReleased,
    CustomerJoined,
    CustomerLeft,
    MergeEvent,
)

MOST_CONTACTS = 100
"""Contacts of one customer."""

Contacts = Mapping[UUID, Contact]


def touched_by_merge(command: MergeContact, target: UUID, contacts: Contacts) -> set[UUID]:
    """Both contacts, both customers' surviving contacts, and everyone who would move."""
    named = {target, command.other_id}
    customers = {contacts[contact].customer for contact in named if contact in contacts}
    other = contacts.get(command.other_id)
    moving = contacts.get(other.customer) if other else None
    return named | customers | set(moving.absorbed if moving else ())


def merge(command: MergeContact, target: UUID, contacts: Contacts, now: datetime) -> dict[UUID, list[Event]]:
    contact, other = contacts[target], contacts.get(command.other_id)
    if other is None:
        raise Rejected("contact-unknown", "There is no such contact.", "/other_id")
    if contact.customer == other.customer:
        return {}
    survivor, former = contacts[contact.customer], contacts[other.customer]
    _check_mergeable(contact, other, survivor, former)
    moving = (former.contact_id, *former.absorbed)
    _check_new(command.merge_id, [survivor, *(contacts[contact_id] for contact_id in moving)])
    joined = CustomerJoined(
        contact_id=former.contact_id,
        merge_id=command.merge_id,
        customer_id=survivor.contact_id,
        former_customer_id=former.contact_id,
    )
    absorbed = ContactsAbsorbed(contact_id=survivor.contact_id, merge_id=command.merge_id, contacts=moving)
    return {
        survivor.contact_id: [absorbed],
        **{contact_id: [replace(joined, contact_id=contact_id)] for contact_id in moving},
    }


def _check_mergeable(contact: Contact, other: Contact, survivor: Contact, former: Contact) -> None:
    if any(each.closed for each in (contact, other, survivor, former)):
        raise Rejected("contact-closed", "A closed contact or customer cannot be merged; reopen it first.")
    if contact.kind is not other.kind:
        raise Rejected("kinds-differ", "A person and a company are not one customer.", "/other_id")
    if len(survivor.absorbed) + len(former.absorbed) + 2 > MOST_CONTACTS:
        raise Rejected("customer-too-large", f"A customer has at most {MOST_CONTACTS} contacts.")


def _check_new(merge_id: UUID, involved: Iterable[Contact]) -> None:
    """A name means one merge to each contact, for good: what is undone by it is never in doubt."""
    if any(_holder(contact, merge_id) or merge_id in contact.undone for contact in involved):
        sentence = "One of these contacts has had a merge of that name: give it a new one."
        raise Rejected("merge-id-taken", sentence, "/merge_id")


def _holder(contact: Contact, merge_id: UUID) -> UUID | None:
    """The contact that survived a standing merge of this contact; its stream holds what the merge brought."""
    if merge_id in contact.merges:
        return contact.contact_id
    joined = (join.customer_id for join in contact.joins if join.merge_id == merge_id)
    return next(joined, None)


def touched_by_unmerge(command: UnmergeContact, target: UUID, contacts: Contacts) -> set[UUID]:
    """The contact, the one that survived the merge, and everyone whom the merge had brought."""
    contact = contacts.get(target)
    holder = _holder(contact, command.merge_id) if contact else None
    if holder is None:
        return {target}
    survivor = contacts.get(holder)
    return {target, holder} | set(survivor.merges[command.merge_id] if survivor else ())


def unmerge(
    command: UnmergeContact, target: UUID, contacts: Contacts, now: datetime
) -> dict[UUID, list[Event]]:
    contact, merge_id = contacts[target], command.merge_id
    holder = _holder(contact, merge_id)
    if holder is None and merge_id in contact.undone:
        return {}
    if holder is None:
        raise Rejected("merge-unknown", "No merge of that name concerns this contact.", "/merge_id")
    survivor = contacts[holder]
    if survivor.customer != survivor.contact_id:
        sentence = "A later merge took this customer along: undo that one first."
        raise Rejected("merge-built-upon", sentence, "/merge_id")
    released = survivor.merges[merge_id]
    gone = ContactsReleased(contact_id=survivor.contact_id, merge_id=merge_id, contacts=released)
    return {
        survivor.contact_id: [gone],
        **{contact_id: [_left(contacts[contact_id], merge_id)] for contact_id in released},
    }


def _left(contact: Contact, merge_id: UUID) -> CustomerLeft:
    (join,) = (join for join in contact.joins if join.merge_id == merge_id)
    return CustomerLeft(
        contact_id=contact.contact_id,
        merge_id=merge_id,
        customer_id=join.former_customer_id,
        left_customer_id=join.customer_id,
    )


def evolve(contact: Contact, event: MergeEvent) -> Contact:
    """The contact after a fact about its customer."""
    match event:
        case CustomerJoined():
            join = Join(event.merge_id, event.customer_id, event.former_customer_id)
            return replace(contact, customer_id=event.customer_id, joins=(*contact.joins, join))
        case CustomerLeft():
            joins = tuple(join for join in contact.joins if join.merge_id != event.merge_id)
            undone = contact.undone | {event.merge_id}
            return replace(contact, customer_id=event.customer_id, joins=joins, undone=undone)
        case ContactsAbsorbed():
            merges = {**contact.merges, event.merge_id: event.contacts}
            return replace(contact, merges=merges)
        case ContactsReleased():
            merges = {merge: brought for merge, brought in contact.merges.items() if merge != event.merge_id}
            return replace(contact, merges=merges, undone=contact.undone | {event.merge_id})
        case _:
            assert_never(event)
