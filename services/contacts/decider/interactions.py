"""Decisions about what passed between the organisation and a contact."""

from __future__ import annotations

from datetime import datetime

from kernel.clocks import happened
from kernel.log.facts import Event
from services.contacts.commands import RecordInteraction
from services.contacts.decider.state import Contact, Decisions
from services.contacts.events import InteractionRecorded


def record_interaction(command: RecordInteraction, contact: Contact, now: datetime) -> list[Event]:
    said = command.subject or command.summary
    return [
        InteractionRecorded(
            contact_id=contact.contact_id,
            direction=command.direction,
            channel=command.channel,
            happened_at=happened(command.happened_at, now, "/happened_at"),
            employee_id=command.employee_id,
            reference=command.reference,
            personal=InteractionRecorded.Personal(subject=command.subject, summary=command.summary)
            if said
            else None,
        )
    ]


DECISIONS: Decisions = {RecordInteraction: record_interaction}
