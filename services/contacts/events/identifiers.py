"""Facts about what a contact is known by elsewhere. Values are normalised (lib.identifiers) and personal."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from kernel.log.facts import Event, Upcasters
from lib.identifiers import IdentifierKind
from lib.records import Record


class IdentifierAdded(Event):
    """The contact, and no other live one, is known by this."""

    contact_id: UUID
    kind: IdentifierKind
    personal: IdentifierAdded.Personal | None = None

    class Personal(Record):
        value: str


class VerificationMethod(StrEnum):
    """How a contact showed that an identifier is its own."""

    LINK = "link"
    """It followed one that was sent there."""
    CODE = "code"
    """It said back what was sent there."""
    DOCUMENT = "document"
    IN_PERSON = "in-person"
    OTHER = "other"
    UNRECORDED = "unrecorded"
    """Nobody wrote it down."""


class IdentifierVerified(Event):
    """The contact showed that the identifier is its own. Version 1 did not say how."""

    version: ClassVar[int] = 2
    upcasters: ClassVar[Upcasters] = {1: lambda body: {**body, "method": VerificationMethod.UNRECORDED}}

    contact_id: UUID
    kind: IdentifierKind
    method: VerificationMethod
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
