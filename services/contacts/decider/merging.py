"""Decisions about which contacts are one customer.

A customer is named by its surviving contact, whose stream holds what each merge brought. So two merges that
meet both write that stream, or one that the other moves, and the second decides again. Joining always goes to
the customer itself, never to a contact inside of one: there are no chains, hence no cycles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid5

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
    merge_id = command.merge_id or uuid5(survivor.contact_id, f"merge {survivor.merges_ever + 1}")
    if merge_id in survivor.merges:
        raise Rejected("merge-id-taken", "This customer has a merge of that name already.", "/merge_id")
    moving = (former.contact_id, *former.absorbed)
    joined = CustomerJoined(
        contact_id=former.contact_id,
        merge_id=merge_id,
        customer_id=survivor.contact_id,
        former_customer_id=former.contact_id,
    )
    absorbed = ContactsAbsorbed(contact_id=survivor.contact_id, merge_id=merge_id, contacts=moving)
    return {
        survivor.contact_id: [absorbed],
        **{contact_id: [replace(joined, contact_id=contact_id)] for contact_id in moving},
    }


def _check_mergeable(contact: Contact, other: Contact, survivor: Contact, former: Contact) -> None:
    if contact.closed or other.closed:
        raise Rejected("contact-closed", "A closed contact cannot be merged; reopen it first.")
    if contact.kind is not other.kind:
        raise Rejected("kinds-differ", "A person and a company are not one customer.", "/other_id")
    if len(survivor.absorbed) + len(former.absorbed) + 2 > MOST_CONTACTS:
        raise Rejected("customer-too-large", f"A customer has at most {MOST_CONTACTS} contacts.")


def touched_by_unmerge(command: UnmergeContact, target: UUID, contacts: Contacts) -> set[UUID]:
    """The contact, its customer's surviving contact, and everyone whom the merge had brought."""
    survivor = _survivor(command, target, contacts)
    customer = {contacts[target].customer} if target in contacts else set()
    return {target} | customer | set(survivor.merges[command.merge_id] if survivor else ())


def unmerge(
    command: UnmergeContact, target: UUID, contacts: Contacts, now: datetime
) -> dict[UUID, list[Event]]:
    merge_id, survivor = command.merge_id, _survivor(command, target, contacts)
    if survivor is None:
        if any(join.merge_id == merge_id for join in contacts[target].joins):
            raise _built_upon()
        return {}
    if survivor.customer != survivor.contact_id:
        raise _built_upon()
    released = survivor.merges[merge_id]
    left = {
        contact_id: CustomerLeft(
            contact_id=contact_id,
            merge_id=merge_id,
            customer_id=contacts[contact_id].joins[-1].former_customer_id,
            left_customer_id=survivor.contact_id,
        )
        for contact_id in released
    }
    gone = ContactsReleased(contact_id=survivor.contact_id, merge_id=merge_id, contacts=released)
    return {survivor.contact_id: [gone], **{contact_id: [event] for contact_id, event in left.items()}}


def _survivor(command: UnmergeContact, target: UUID, contacts: Contacts) -> Contact | None:
    """Whose stream holds the merge: the contact's own, or that of its customer."""
    contact = contacts.get(target)
    customer = contacts.get(contact.customer) if contact else None
    holders = [holder for holder in (contact, customer) if holder and command.merge_id in holder.merges]
    return holders[0] if holders else None


def _built_upon() -> Rejected:
    return Rejected(
        "merge-built-upon", "A later merge took this customer along: undo that one first.", "/merge_id"
    )


def evolve(contact: Contact, event: MergeEvent) -> Contact:
    """The contact after a fact about its customer."""
    match event:
        case CustomerJoined():
            join = Join(event.merge_id, event.former_customer_id)
            return replace(contact, customer_id=event.customer_id, joins=(*contact.joins, join))
        case CustomerLeft():
            joins = tuple(join for join in contact.joins if join.merge_id != event.merge_id)
            return replace(contact, customer_id=event.customer_id, joins=joins)
        case ContactsAbsorbed():
            merges = {**contact.merges, event.merge_id: event.contacts}
            return replace(contact, merges=merges, merges_ever=contact.merges_ever + 1)
        case ContactsReleased():
            merges = {merge: brought for merge, brought in contact.merges.items() if merge != event.merge_id}
            return replace(contact, merges=merges)
        case _:
            assert_never(event)
