"""What becomes of a wish about a contact: pure, without clock, without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never
from uuid import UUID

from kernel.commands import Command, Rejected
from kernel.log.facts import Event
from services.contacts.commands import (
    AddRelation,
    CloseContact,
    MergeContact,
    ReopenContact,
    UnmergeContact,
    WithdrawConsent,
)
from services.contacts.decider import (
    consent,
    contact,
    identifiers,
    interactions,
    merging,
    preferences,
    relations,
)
from services.contacts.decider.state import Contact, Decisions
from services.contacts.events import (
    ConsentEvent,
    ContactEvent,
    IdentifierEvent,
    InteractionRecorded,
    MasterDataEvent,
    MergeEvent,
    PreferenceEvent,
    RelationEvent,
)

DECISIONS: Decisions = {
    **contact.DECISIONS,
    **identifiers.DECISIONS,
    **preferences.DECISIONS,
    **consent.DECISIONS,
    **interactions.DECISIONS,
    **relations.DECISIONS,
}

ALSO_WHEN_CLOSED = (CloseContact, ReopenContact, WithdrawConsent, UnmergeContact)
"""A refusal and the undoing of a mistake are heard at any time."""

Contacts = Mapping[UUID, Contact]


def decide(command: Command, contact: Contact, now: datetime) -> list[Event]:
    """The facts that a wish makes of one contact; raises Rejected."""
    _check_open(command, contact)
    return DECISIONS[type(command)](command, contact, now)


def touches(command: Command, target: UUID, contacts: Contacts) -> set[UUID]:
    """The contacts that a wish about several needs."""
    match command:
        case MergeContact():
            return merging.touched_by_merge(command, target, contacts)
        case UnmergeContact():
            return merging.touched_by_unmerge(command, target, contacts)
        case AddRelation():
            return relations.touched_by_relation(command, target, contacts)
        case _:
            return {target}


def decide_many(
    command: Command, target: UUID, contacts: Contacts, now: datetime
) -> Mapping[UUID, list[Event]]:
    """The facts that a wish makes of several contacts; raises Rejected."""
    _check_open(command, contacts[target])
    match command:
        case MergeContact():
            return merging.merge(command, target, contacts, now)
        case UnmergeContact():
            return merging.unmerge(command, target, contacts, now)
        case AddRelation():
            return relations.add_relation(command, target, contacts, now)
        case _:
            return {target: decide(command, contacts[target], now)}


def _check_open(command: Command, contact: Contact) -> None:
    if contact.closed and not isinstance(command, ALSO_WHEN_CLOSED):
        raise Rejected("contact-closed", "A closed contact cannot be changed; reopen it first.")


def evolve(state: Contact, event: ContactEvent) -> Contact:
    """The contact after one more fact."""
    if isinstance(event, MasterDataEvent):
        return contact.evolve(state, event)
    if isinstance(event, IdentifierEvent):
        return identifiers.evolve(state, event)
    if isinstance(event, PreferenceEvent):
        return preferences.evolve(state, event)
    if isinstance(event, ConsentEvent):
        return consent.evolve(state, event)
    if isinstance(event, RelationEvent):
        return relations.evolve(state, event)
    if isinstance(event, MergeEvent):
        return merging.evolve(state, event)
    return state if isinstance(event, InteractionRecorded) else assert_never(event)
