"""Facts about what a contact is known by elsewhere. Values are normalised (lib.identifiers) and personal."""

from __future__ import annotations

from uuid import UUID

from kernel.log.facts import Event
from lib.identifiers import IdentifierKind
from lib.records import Record


class IdentifierAdded(Event):
    """The contact, and no other live one, is known by this."""

    contact_id: UUID
    kind: IdentifierKind
    personal: IdentifierAdded.Personal | None = None

    class Personal(Record):
        value: str


class IdentifierVerified(Event):
    """The contact showed that the identifier is its own."""

    contact_id: UUID
    kind: IdentifierKind
    personal: IdentifierVerified.Personal | None = None

    class Personal(Record):
        value: str


class IdentifierRemoved(Event):
    """The contact is no longer known by this."""

    contact_id: UUID
    kind: IdentifierKind
    personal: IdentifierRemoved.Personal | None = None

    class Personal(Record):
        value: str


IdentifierEvent = IdentifierAdded | IdentifierVerified | IdentifierRemoved
