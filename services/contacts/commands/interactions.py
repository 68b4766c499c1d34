"""Wishes about what passed between the organisation and a contact."""

from __future__ import annotations

from uuid import UUID

from kernel.commands import Command
from lib.texts import Line, Text
from lib.times import Time
from services.contacts.commands.roles import OUTREACH
from services.contacts.events.interactions import Direction
from services.contacts.events.words import Channel, ExternalReference


class RecordInteraction(Command):
    """The organisation and the contact spoke, wrote or met. Each time it is wished it is recorded anew."""

    roles = OUTREACH
    refusals = ("contact-closed", "in-the-future")
    examples = (
        {
            "direction": "inbound",
            "channel": "call",
            "subject": "Opening hours",
            "summary": "Asked whether the shop is open on Saturday.",
        },
    )

    direction: Direction
    channel: Channel
    happened_at: Time | None = None
    """Omitted: now."""
    employee_id: UUID | None = None
    subject: Line | None = None
    summary: Text | None = None
    reference: ExternalReference | None = None
