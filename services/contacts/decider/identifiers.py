"""Decisions about what a contact is known by elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kernel.aggregate import Claimed
from kernel.commands import Rejected
from kernel.log.facts import Event
from lib.identifiers import IdentifierKind
from services.contacts.commands import AddIdentifier, RemoveIdentifier, VerifyIdentifier
from services.contacts.decider.state import Contact, Decisions
from services.contacts.events import IdentifierAdded, IdentifierEvent, IdentifierRemoved, IdentifierVerified

MOST_IDENTIFIERS = 100


def claims(contact: Contact) -> frozenset[Claimed]:
    """An identifier belongs to at most one live contact."""
    return frozenset() if contact.closed else frozenset(contact.identifiers)


def add_identifier(command: AddIdentifier, contact: Contact, now: datetime) -> list[Event]:
    kind, value = command.identifier.kind, command.identifier.value
    if (kind, value) in contact.identifiers:
        return []
    if len(contact.identifiers) >= MOST_IDENTIFIERS:
        raise Rejected("too-many-identifiers", f"A contact has at most {MOST_IDENTIFIERS} identifiers.")
    return [added(contact, kind, value)]


def verify_identifier(command: VerifyIdentifier, contact: Contact, now: datetime) -> list[Event]:
    kind, value = command.identifier.kind, command.identifier.value
    if contact.identifiers.get((kind, value)):
        return []
    missing = add_identifier(AddIdentifier(identifier=command.identifier), contact, now)
    verified = IdentifierVerified(
        contact_id=contact.contact_id,
        kind=kind,
        method=command.method,
        personal=IdentifierVerified.Personal(value=value),
    )
    return [*missing, verified]


def remove_identifier(command: RemoveIdentifier, contact: Contact, now: datetime) -> list[Event]:
    kind, value = command.identifier.kind, command.identifier.value
    if (kind, value) not in contact.identifiers:
        return []
    personal = IdentifierRemoved.Personal(value=value)
    return [IdentifierRemoved(contact_id=contact.contact_id, kind=kind, personal=personal)]


def added(contact: Contact, kind: IdentifierKind, value: str) -> IdentifierAdded:
    personal = IdentifierAdded.Personal(value=value)
    return IdentifierAdded(contact_id=contact.contact_id, kind=kind, personal=personal)


def evolve(contact: Contact, event: IdentifierEvent) -> Contact:
    """The contact after a fact about its identifiers."""
    if event.personal is None:  # erased
        return contact
    identifier = (event.kind, event.personal.value)
    others = {other: verified for other, verified in contact.identifiers.items() if other != identifier}
    if isinstance(event, IdentifierRemoved):
        return replace(contact, identifiers=others)
    return replace(contact, identifiers={**others, identifier: isinstance(event, IdentifierVerified)})


DECISIONS: Decisions = {
    AddIdentifier: add_identifier,
    VerifyIdentifier: verify_identifier,
    RemoveIdentifier: remove_identifier,
}
