"""How an answer names an event: enough to know what happened, who did it, and where to find it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import Field

from kernel.log.envelope import Origin
from kernel.taking.arrivals import Arrival

Shown = Annotated[int, Field(ge=1, le=200)]
"""How many events an answer names."""


class ToldEvent(msgspec.Struct, frozen=True):
    """An event; the timeline tells what it says."""

    event_id: UUID
    service: str
    type: str
    """`NameCorrected`."""
    stream_id: UUID
    version: int
    actor: str
    origin: Origin
    occurred_at: datetime
    recorded_at: datetime
    contact_ids: tuple[UUID, ...]
    """Whom it speaks of."""


def told(arrival: Arrival) -> ToldEvent:
    """Of an event that was read."""
    assert arrival.fact is not None
    event, envelope = arrival.fact.event, arrival.fact.envelope
    return ToldEvent(
        envelope.event_id,
        arrival.service,
        type(event).__name__,
        envelope.stream_id,
        envelope.version,
        envelope.actor,
        envelope.origin,
        envelope.occurred_at,
        envelope.recorded_at,
        event.subjects(),
    )
