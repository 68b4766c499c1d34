"""Facts about what passed between the organisation and a contact."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from kernel.log.facts import Event
from lib.records import Record
from lib.texts import Line, Text
from lib.times import Time
from services.contacts.events.words import Channel, ExternalReference


class Direction(StrEnum):
    """Inbound: the contact began it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class InteractionRecorded(Event):
    """The organisation and the contact spoke, wrote or met."""

    contact_id: UUID
    direction: Direction
    channel: Channel
    happened_at: Time
    employee_id: UUID | None = None
    """Who it was on the organisation's side; None: nobody in person."""
    reference: ExternalReference | None = None
    personal: InteractionRecorded.Personal | None = None

    class Personal(Record):
        subject: Line | None = None
        summary: Text | None = None
