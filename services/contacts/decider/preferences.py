"""Decisions about how a contact wants to be treated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kernel.commands import Rejected
from kernel.log.facts import Event
from services.contacts.commands import (
    PreferChannels,
    PreferFrequency,
    PreferLanguage,
    PreferQuietHours,
    PreferShipment,
    PreferTopics,
)
from services.contacts.decider.state import Contact, Decisions
from services.contacts.events import (
    ChannelsPreferred,
    FrequencyPreferred,
    LanguagePreferred,
    PreferenceEvent,
    QuietHoursPreferred,
    ShipmentPreferred,
    TopicsPreferred,
)


def prefer_channels(command: PreferChannels, contact: Contact, now: datetime) -> list[Event]:
    if set(command.preferred) & set(command.avoided):
        raise Rejected("channel-unclear", "A channel cannot be both preferred and avoided.", "/avoided")
    preferred, avoided = tuple(dict.fromkeys(command.preferred)), tuple(sorted(set(command.avoided)))
    return _unless_said(
        contact, ChannelsPreferred(contact_id=contact.contact_id, preferred=preferred, avoided=avoided)
    )


def prefer_frequency(command: PreferFrequency, contact: Contact, now: datetime) -> list[Event]:
    return _unless_said(
        contact, FrequencyPreferred(contact_id=contact.contact_id, frequency=command.frequency)
    )


def prefer_language(command: PreferLanguage, contact: Contact, now: datetime) -> list[Event]:
    return _unless_said(contact, LanguagePreferred(contact_id=contact.contact_id, language=command.language))


def prefer_topics(command: PreferTopics, contact: Contact, now: datetime) -> list[Event]:
    topics = tuple(sorted(set(command.topics)))
    return _unless_said(contact, TopicsPreferred(contact_id=contact.contact_id, topics=topics))


def prefer_quiet_hours(command: PreferQuietHours, contact: Contact, now: datetime) -> list[Event]:
    hours = command.quiet_hours
    if hours is not None and hours.start == hours.end:
        raise Rejected("quiet-hours-unfit", "Quiet hours do not end when they begin.", "/quiet_hours")
    quiet = QuietHoursPreferred(contact_id=contact.contact_id, quiet_hours=hours)
    return _unless_said(contact, quiet)


def prefer_shipment(command: PreferShipment, contact: Contact, now: datetime) -> list[Event]:
    shipment = ShipmentPreferred(
        contact_id=contact.contact_id,
        delivery=command.delivery,
        carrier=command.carrier,
        address_use=command.address_use,
    )
    return _unless_said(contact, shipment)


def _unless_said(contact: Contact, event: PreferenceEvent) -> list[Event]:
    return [] if contact.preferences.get(type(event)) == event else [event]


def evolve(contact: Contact, event: PreferenceEvent) -> Contact:
    """The contact after its last word on one preference."""
    return replace(contact, preferences={**contact.preferences, type(event): event})


DECISIONS: Decisions = {
    PreferChannels: prefer_channels,
    PreferFrequency: prefer_frequency,
    PreferLanguage: prefer_language,
    PreferTopics: prefer_topics,
    PreferQuietHours: prefer_quiet_hours,
    PreferShipment: prefer_shipment,
}
