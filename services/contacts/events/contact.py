"""Facts about a contact itself: its registration, master data, who looks after it, whether it is closed."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from kernel.log.facts import Event
from lib.records import Record
from services.contacts.events.words import Address, AddressUse, BirthDate, ContactKind, Name


class ContactRegistered(Event):
    """A person or a company became known. Its customer is, until it joins another, itself."""

    contact_id: UUID
    kind: ContactKind
    owner_id: UUID | None = None
    team_id: UUID | None = None
    address_use: AddressUse | None = None
    """What `personal.address` is for."""
    personal: ContactRegistered.Personal | None = None

    class Personal(Record):
        name: Name
        birth_date: BirthDate | None = None
        address: Address | None = None


class NameCorrected(Event):
    """The contact is called so: all of its name, not only what changed."""

    contact_id: UUID
    personal: NameCorrected.Personal | None = None

    class Personal(Record):
        name: Name


class BirthDateCorrected(Event):
    """The person was born on that day; None: it is not known after all."""

    contact_id: UUID
    personal: BirthDateCorrected.Personal | None = None

    class Personal(Record):
        birth_date: BirthDate | None = None


class AddressChanged(Event):
    """The contact's address for one use is this, whether it had one before or not."""

    contact_id: UUID
    use: AddressUse
    personal: AddressChanged.Personal | None = None

    class Personal(Record):
        address: Address


class AddressRemoved(Event):
    """The contact has no address for this use any more."""

    contact_id: UUID
    use: AddressUse


class OwnerAssigned(Event):
    """This employee looks after the contact; None: nobody does."""

    contact_id: UUID
    owner_id: UUID | None = None


class TeamAssigned(Event):
    """This team looks after the contact; None: none does."""

    contact_id: UUID
    team_id: UUID | None = None


class ClosingReason(StrEnum):
    """Why a contact was closed."""

    DUPLICATE = "duplicate"
    GONE = "gone"
    DECEASED = "deceased"
    DISSOLVED = "dissolved"
    MISTAKE = "mistake"
    OTHER = "other"


class ContactClosed(Event):
    """Nothing more is to be done with the contact; its identifiers are free for others."""

    contact_id: UUID
    reason: ClosingReason


class ContactReopened(Event):
    """The contact is as it was before it was closed."""

    contact_id: UUID


MasterDataEvent = (
    ContactRegistered
    | NameCorrected
    | BirthDateCorrected
    | AddressChanged
    | AddressRemoved
    | OwnerAssigned
    | TeamAssigned
    | ContactClosed
    | ContactReopened
)
