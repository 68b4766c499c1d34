"""Which facts about contacts must be known before anything is shared with another organisation."""

from __future__ import annotations

from services.contacts.events import (
    ConsentGiven,
    ConsentWithdrawn,
    ContactEvent,
    CustomerJoined,
    CustomerLeft,
)
from services.contacts.events.consent import ConsentChannel


def gates(event: ContactEvent) -> bool:
    """Who may be told, and who else is the same customer."""
    match event:
        case ConsentGiven(channel=channel) | ConsentWithdrawn(channel=channel):
            return channel is ConsentChannel.DISCLOSURE
        case CustomerJoined() | CustomerLeft():
            return True
    return False
