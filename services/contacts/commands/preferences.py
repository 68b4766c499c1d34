"""Wishes about how a contact wants to be treated; each replaces what was said before."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kernel.commands import Command
from lib.texts import Slug
from services.contacts.commands.roles import OWN
from services.contacts.events.preferences import Delivery, Frequency, QuietHours
from services.contacts.events.words import AddressUse, Channel, Language

Channels = Annotated[tuple[Channel, ...], Field(max_length=len(Channel))]


class PreferChannels(Command):
    """The contact likes to be reached by some channels, the first one best, and not by others."""

    roles = OWN
    refusals = ("contact-closed", "channel-unclear")
    examples = ({"preferred": ["mail", "call"], "avoided": ["fax"]},)

    preferred: Channels = ()
    avoided: Channels = ()


class PreferFrequency(Command):
    """The contact wants to hear from the organisation no more often than this."""

    roles = OWN
    refusals = ("contact-closed",)
    examples = ({"frequency": "monthly"},)

    frequency: Frequency


class PreferLanguage(Command):
    """The contact wants to be addressed in this language."""

    roles = OWN
    refusals = ("contact-closed",)
    examples = ({"language": "de-AT"},)

    language: Language


class PreferTopics(Command):
    """The contact is interested in these topics and no others."""

    roles = OWN
    refusals = ("contact-closed",)
    examples = ({"topics": ["wine", "recipes"]},)

    topics: Annotated[tuple[Slug, ...], Field(max_length=50)]


class PreferQuietHours(Command):
    """The contact does not want to be disturbed in these hours; null: at any hour it may be."""

    roles = OWN
    refusals = ("contact-closed", "quiet-hours-unfit")
    examples = ({"quiet_hours": {"start": "21:00", "end": "07:30", "zone": "Europe/Vienna"}},)

    quiet_hours: QuietHours | None


class PreferShipment(Command):
    """The contact wants goods to be sent so."""

    roles = OWN
    refusals = ("contact-closed",)
    examples = ({"delivery": "parcel", "address_use": "home"},)

    delivery: Delivery
    carrier: Slug | None = None
    address_use: AddressUse | None = None
