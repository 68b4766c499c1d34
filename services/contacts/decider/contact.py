"""Decisions about a contact itself: master data, who looks after it, closing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import assert_never

from kernel.commands import Rejected
from kernel.log.facts import Event
from services.contacts.commands import (
    AssignOwner,
    AssignTeam,
    ChangeAddress,
    CloseContact,
    CorrectBirthDate,
    CorrectName,
    RegisterContact,
    RemoveAddress,
    ReopenContact,
)
from services.contacts.decider.identifiers import added
from services.contacts.decider.state import Contact, Decisions
from services.contacts.events import (
    AddressChanged,
    AddressRemoved,
    BirthDateCorrected,
    ContactClosed,
    ContactRegistered,
    ContactReopened,
    MasterDataEvent,
    NameCorrected,
    OwnerAssigned,
    TeamAssigned,
)
from services.contacts.events.words import ContactKind, Name


def register(command: RegisterContact, contact: Contact, now: datetime) -> list[Event]:
    _check_name(command.kind, command.name)
    if command.birth_date is not None:
        _check_birth(command.kind, command.birth_date, now)
    registered = ContactRegistered(
        contact_id=contact.contact_id,
        kind=command.kind,
        owner_id=command.owner_id,
        team_id=command.team_id,
        address_use=command.address_use if command.address else None,
        personal=ContactRegistered.Personal(
            name=command.name, birth_date=command.birth_date, address=command.address
        ),
    )
    identifiers = dict.fromkeys((identifier.kind, identifier.value) for identifier in command.identifiers)
    return [registered, *(added(contact, kind, value) for kind, value in identifiers)]


def correct_name(command: CorrectName, contact: Contact, now: datetime) -> list[Event]:
    if command.name == contact.name:
        return []
    _check_name(contact.kind, command.name)
    personal = NameCorrected.Personal(name=command.name)
    return [NameCorrected(contact_id=contact.contact_id, personal=personal)]


def correct_birth_date(command: CorrectBirthDate, contact: Contact, now: datetime) -> list[Event]:
    if command.birth_date == contact.birth_date:
        return []
    _check_birth(contact.kind, command.birth_date, now)
    personal = BirthDateCorrected.Personal(birth_date=command.birth_date)
    return [BirthDateCorrected(contact_id=contact.contact_id, personal=personal)]


def change_address(command: ChangeAddress, contact: Contact, now: datetime) -> list[Event]:
    if command.address == contact.addresses.get(command.use):
        return []
    personal = AddressChanged.Personal(address=command.address)
    return [AddressChanged(contact_id=contact.contact_id, use=command.use, personal=personal)]


def remove_address(command: RemoveAddress, contact: Contact, now: datetime) -> list[Event]:
    if command.use not in contact.addresses:
        return []
    return [AddressRemoved(contact_id=contact.contact_id, use=command.use)]


def assign_owner(command: AssignOwner, contact: Contact, now: datetime) -> list[Event]:
    if command.owner_id == contact.owner_id:
        return []
    return [OwnerAssigned(contact_id=contact.contact_id, owner_id=command.owner_id)]


def assign_team(command: AssignTeam, contact: Contact, now: datetime) -> list[Event]:
    if command.team_id == contact.team_id:
        return []
    return [TeamAssigned(contact_id=contact.contact_id, team_id=command.team_id)]


def close(command: CloseContact, contact: Contact, now: datetime) -> list[Event]:
    return [] if contact.closed else [ContactClosed(contact_id=contact.contact_id, reason=command.reason)]


def reopen(command: ReopenContact, contact: Contact, now: datetime) -> list[Event]:
    return [ContactReopened(contact_id=contact.contact_id)] if contact.closed else []


def _check_name(kind: ContactKind | None, name: Name) -> None:
    personal = bool(name.given or name.family)
    if kind is ContactKind.COMPANY and (personal or not name.company):
        raise Rejected("name-unfit", "A company has a company name, and no given or family name.", "/name")
    if kind is ContactKind.PERSON and (not personal or name.company):
        raise Rejected("name-unfit", "A person has a given or family name, and no company name.", "/name")


def _check_birth(kind: ContactKind | None, birth_date: date | None, now: datetime) -> None:
    if kind is ContactKind.COMPANY:
        raise Rejected("birth-date-unfit", "A company has no date of birth.", "/birth_date")
    if birth_date is not None and birth_date > now.date() + timedelta(days=1):  # it is tomorrow elsewhere
        raise Rejected("in-the-future", "Nobody was born in the future.", "/birth_date")


def evolve(contact: Contact, event: MasterDataEvent) -> Contact:
    """The contact after a fact about itself."""
    match event:
        case ContactRegistered():
            return _registered(contact, event)
        case NameCorrected():
            return replace(contact, name=event.personal.name if event.personal else None)
        case BirthDateCorrected():
            return replace(contact, birth_date=event.personal.birth_date if event.personal else None)
        case AddressChanged():
            address = event.personal.address if event.personal else None
            return replace(contact, addresses={**contact.addresses, event.use: address})
        case AddressRemoved():
            left = {use: address for use, address in contact.addresses.items() if use is not event.use}
            return replace(contact, addresses=left)
        case OwnerAssigned():
            return replace(contact, owner_id=event.owner_id)
        case TeamAssigned():
            return replace(contact, team_id=event.team_id)
        case ContactClosed():
            return replace(contact, closed=True)
        case ContactReopened():
            return replace(contact, closed=False)
        case _:
            assert_never(event)


def _registered(contact: Contact, event: ContactRegistered) -> Contact:
    personal = event.personal
    address = personal.address if personal else None
    return replace(
        contact,
        kind=event.kind,
        owner_id=event.owner_id,
        team_id=event.team_id,
        addresses={event.address_use: address} if event.address_use else {},
        name=personal.name if personal else None,
        birth_date=personal.birth_date if personal else None,
    )


DECISIONS: Decisions = {
    RegisterContact: register,
    CorrectName: correct_name,
    CorrectBirthDate: correct_birth_date,
    ChangeAddress: change_address,
    RemoveAddress: remove_address,
    AssignOwner: assign_owner,
    AssignTeam: assign_team,
    CloseContact: close,
    ReopenContact: reopen,
}
