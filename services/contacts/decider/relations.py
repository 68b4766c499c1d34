"""Decisions about how a contact stands to another. The other is looked at, and stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from kernel.commands import Rejected
from kernel.log.facts import Event
from services.contacts.commands import AddRelation, EndRelation
from services.contacts.decider.state import Contact, Decisions
from services.contacts.events import RelationAdded, RelationEnded, RelationEvent
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import ContactKind

MOST_RELATIONS = 200
MOST_ABOVE = 50
"""Companies above one, at whatever remove, for a group in which it finds its place."""

Contacts = Mapping[UUID, Contact]

KINDS = {
    RelationKind.WORKS_FOR: (ContactKind.PERSON, ContactKind.COMPANY),
    RelationKind.HOUSEHOLD_OF: (ContactKind.PERSON, ContactKind.PERSON),
    RelationKind.SUBSIDIARY_OF: (ContactKind.COMPANY, ContactKind.COMPANY),
}


def touched_by_relation(command: AddRelation, target: UUID, contacts: Contacts) -> set[UUID]:
    """Both contacts; and for a subsidiary everyone above the other, so that no circle is closed meanwhile."""
    above = _above(command.other_id, contacts) if command.kind is RelationKind.SUBSIDIARY_OF else set()
    return {target, command.other_id} | (above if len(above) <= MOST_ABOVE else set())


def add_relation(
    command: AddRelation, target: UUID, contacts: Contacts, now: datetime
) -> dict[UUID, list[Event]]:
    contact, other = contacts[target], contacts.get(command.other_id)
    if (command.kind, command.other_id) in contact.relations:
        return {}
    if other is None:
        raise Rejected("contact-unknown", "There is no such contact.", "/other_id")
    if other.closed:
        raise Rejected("contact-closed", "The other contact is closed; reopen it first.", "/other_id")
    if other is contact or KINDS[command.kind] != (contact.kind, other.kind):
        raise Rejected("relation-unfit", "These two contacts cannot stand in this relation.", "/kind")
    if command.kind is RelationKind.SUBSIDIARY_OF:
        _check_place(target, _above(command.other_id, contacts))
    if len(contact.relations) >= MOST_RELATIONS:
        raise Rejected("too-many-relations", f"A contact has at most {MOST_RELATIONS} relations.")
    return {target: [RelationAdded(contact_id=target, kind=command.kind, other_id=command.other_id)]}


def _above(company: UUID, contacts: Contacts) -> set[UUID]:
    """Of whom it is a subsidiary, at whatever remove, as far as they are at hand."""
    found: set[UUID] = set()
    left = [company]
    while left:
        contact = contacts.get(left.pop())
        for kind, other in contact.relations if contact else ():
            if kind is RelationKind.SUBSIDIARY_OF and other not in found:
                found.add(other)
                left.append(other)
    return found


def _check_place(company: UUID, above: set[UUID]) -> None:
    if company in above:
        sentence = "The other company is, directly or through others, a subsidiary of this one."
        raise Rejected("relation-unfit", sentence, "/other_id")
    if len(above) > MOST_ABOVE:
        raise Rejected("too-many-relations", f"More than {MOST_ABOVE} companies stand above that one.")


def end_relation(command: EndRelation, contact: Contact, now: datetime) -> list[Event]:
    if (command.kind, command.other_id) not in contact.relations:
        return []
    return [RelationEnded(contact_id=contact.contact_id, kind=command.kind, other_id=command.other_id)]


def evolve(contact: Contact, event: RelationEvent) -> Contact:
    """The contact after a fact about one relation."""
    relation = {(event.kind, event.other_id)}
    if isinstance(event, RelationAdded):
        return replace(contact, relations=contact.relations | relation)
    return replace(contact, relations=contact.relations - relation)


DECISIONS: Decisions = {EndRelation: end_relation}
