"""Facts about how a contact wants to be treated; each replaces the one before."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from kernel.log.facts import Event
from lib.records import Record
from lib.texts import Slug
from lib.zones import Zone
from services.contacts.events.words import AddressUse, Channel, Language

CLOCK_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _clock_time(text: str) -> str:
    if not re.search(CLOCK_TIME + r"\Z", text):
        raise ValueError("a time of day is written HH:MM, as in 22:00")
    return text


ClockTime = Annotated[
    str,
    AfterValidator(_clock_time),
    Field(examples=["22:00"], json_schema_extra={"pattern": CLOCK_TIME}),
]


class ChannelsPreferred(Event):
    """The contact likes to be reached by `preferred`, the first one best, and not by `avoided`."""

    contact_id: UUID
    preferred: tuple[Channel, ...] = ()
    avoided: tuple[Channel, ...] = ()


class Frequency(StrEnum):
    """How often, at most, a contact wants to hear from the organisation without having asked."""

    ANY = "any"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    NEVER = "never"


class FrequencyPreferred(Event):
    """The contact wants to hear from the organisation no more often than this."""

    contact_id: UUID
    frequency: Frequency


class LanguagePreferred(Event):
    """The contact wants to be addressed in this language."""

    contact_id: UUID
    language: Language


class TopicsPreferred(Event):
    """The contact is interested in these topics, and in no others."""

    contact_id: UUID
    topics: tuple[Slug, ...] = ()


class QuietHours(Record):
    """From `start` to `end` every day, over midnight where the end is earlier, by the clocks of `zone`."""

    start: ClockTime
    end: ClockTime
    zone: Zone


class QuietHoursPreferred(Event):
    """The contact does not want to be disturbed in these hours; None: at any hour it may be."""

    contact_id: UUID
    quiet_hours: QuietHours | None = None


class Delivery(StrEnum):
    """How goods reach a contact."""

    PARCEL = "parcel"
    LOCKER = "locker"
    PICKUP = "pickup"
    COURIER = "courier"


class ShipmentPreferred(Event):
    """The contact wants goods to be sent so, to its address for this use."""

    contact_id: UUID
    delivery: Delivery
    carrier: Slug | None = None
    address_use: AddressUse | None = None


PreferenceEvent = (
    ChannelsPreferred
    | FrequencyPreferred
    | LanguagePreferred
    | TopicsPreferred
    | QuietHoursPreferred
    | ShipmentPreferred
)
