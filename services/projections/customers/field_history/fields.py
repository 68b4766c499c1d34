"""The fields of a contact, and what each event says of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple, get_args
from uuid import UUID

import msgspec

from services.contacts import events


class Field(StrEnum):
    """What a contact has, by the names that its page uses."""

    KIND = "kind"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    ADDRESSES = "addresses"
    IDENTIFIERS = "identifiers"
    OWNER = "owner_id"
    TEAM = "team_id"
    CLOSED = "closed"
    CUSTOMER = "customer_id"
    CHANNELS = "channels"
    FREQUENCY = "frequency"
    LANGUAGE = "language"
    TOPICS = "topics"
    QUIET_HOURS = "quiet_hours"
    SHIPMENT = "shipment"
    CONSENTS = "consents"
    RELATIONS = "relations"


class Change(StrEnum):
    """Set: the field has this value from then on, or has it among its values. Removed: no longer."""

    SET = "set"
    REMOVED = "removed"


class Said(NamedTuple):
    """What an event says of one field; the value is None where there is none, and where it is erased."""

    change: Change
    value: Any


READS = (
    *get_args(events.MasterDataEvent),
    *get_args(events.IdentifierEvent),
    *get_args(events.PreferenceEvent),
    *get_args(events.ConsentEvent),
    *get_args(events.RelationEvent),
    events.CustomerJoined,
    events.CustomerLeft,
)


def said(event: Any, contact_id: UUID) -> dict[Field, Said]:
    """What an event says of the fields of one of its contacts."""
    match event:
        case events.ContactRegistered():
            return _registered(event)
        case events.NameCorrected(personal=personal):
            return {Field.NAME: Said(Change.SET, personal and personal.name)}
        case events.BirthDateCorrected(personal=personal):
            return {Field.BIRTH_DATE: _given(personal.birth_date) if personal else Said(Change.SET, None)}
        case events.AddressChanged(use=use, personal=personal):
            return {Field.ADDRESSES: _address(use, personal)}
        case events.AddressRemoved(use=use):
            return {Field.ADDRESSES: Said(Change.REMOVED, {"use": use})}
        case events.OwnerAssigned(owner_id=owner):
            return {Field.OWNER: _given(owner)}
        case events.TeamAssigned(team_id=team):
            return {Field.TEAM: _given(team)}
        case events.ContactClosed() | events.ContactReopened():
            return {Field.CLOSED: Said(Change.SET, isinstance(event, events.ContactClosed))}
        case events.CustomerJoined(customer_id=customer) | events.CustomerLeft(customer_id=customer):
            return {Field.CUSTOMER: Said(Change.SET, customer)}
        case events.RelationAdded() | events.RelationEnded():
            return {Field.RELATIONS: _relation(event, contact_id)}
    return _of_several(event) or _preferred(event)


def _given(value: Any) -> Said:
    return Said(Change.REMOVED if value is None else Change.SET, value)


def _address(use: Any, personal: Any) -> Said:
    return Said(Change.SET, {"use": use, "address": personal and personal.address})


def _registered(event: events.ContactRegistered) -> dict[Field, Said]:
    personal = event.personal
    found = {
        Field.KIND: Said(Change.SET, event.kind),
        Field.NAME: Said(Change.SET, personal and personal.name),
        Field.CLOSED: Said(Change.SET, False),
        Field.CUSTOMER: Said(Change.SET, event.contact_id),
    }
    if personal and personal.birth_date is not None:
        found[Field.BIRTH_DATE] = Said(Change.SET, personal.birth_date)
    if event.address_use is not None:
        found[Field.ADDRESSES] = _address(event.address_use, personal)
    if event.owner_id is not None:
        found[Field.OWNER] = Said(Change.SET, event.owner_id)
    if event.team_id is not None:
        found[Field.TEAM] = Said(Change.SET, event.team_id)
    return found


def _relation(event: events.RelationAdded | events.RelationEnded, contact_id: UUID) -> Said:
    outward = event.contact_id == contact_id
    value = {
        "kind": event.kind,
        "direction": "outward" if outward else "inward",
        "other_id": event.other_id if outward else event.contact_id,
    }
    return Said(Change.SET if isinstance(event, events.RelationAdded) else Change.REMOVED, value)


def _of_several(event: Any) -> dict[Field, Said]:
    """Identifiers and consents: a contact has many of them at once."""
    match event:
        case events.IdentifierAdded() | events.IdentifierVerified() | events.IdentifierRemoved():
            value = {
                "kind": event.kind,
                "value": event.personal and event.personal.value,
                "verified": isinstance(event, events.IdentifierVerified),
            }
            removed = isinstance(event, events.IdentifierRemoved)
            return {Field.IDENTIFIERS: Said(Change.REMOVED if removed else Change.SET, value)}
        case events.ConsentGiven() | events.ConsentWithdrawn():
            removed = isinstance(event, events.ConsentWithdrawn)
            return {Field.CONSENTS: Said(Change.REMOVED if removed else Change.SET, _details(event))}
    return {}


def _preferred(event: Any) -> dict[Field, Said]:
    match event:
        case events.ChannelsPreferred():
            return {Field.CHANNELS: Said(Change.SET, _details(event))}
        case events.FrequencyPreferred(frequency=frequency):
            return {Field.FREQUENCY: Said(Change.SET, frequency)}
        case events.LanguagePreferred(language=language):
            return {Field.LANGUAGE: Said(Change.SET, language)}
        case events.TopicsPreferred(topics=topics):
            return {Field.TOPICS: Said(Change.SET, topics)}
        case events.QuietHoursPreferred(quiet_hours=hours):
            return {Field.QUIET_HOURS: _given(hours)}
        case events.ShipmentPreferred():
            return {Field.SHIPMENT: Said(Change.SET, _details(event))}
    return {}


def _details(event: Any) -> dict[str, Any]:
    """Everything that it says besides whose it is."""
    return {name: value for name, value in msgspec.to_builtins(event).items() if name != "contact_id"}
