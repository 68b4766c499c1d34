"""What a fold is handed: a typed event, and where it stands in the log."""

from __future__ import annotations

from typing import Generic
from uuid import UUID

import msgspec

from kernel.log.envelope import Heading
from kernel.log.facts import E


class Fact(msgspec.Struct, Generic[E], frozen=True, eq=False, gc=False):
    """One recorded event. `event.personal` is open only where the view asks for it, and else None."""

    event: E
    envelope: Heading
    partition: int
    position: int
    service: str
    raw: bytes
    """The envelope as it travelled, its personal part sealed."""

    @property
    def org_id(self) -> UUID:
        return self.envelope.org_id


Stream = tuple[str, UUID, UUID]
"""Service, organisation, stream id."""
