"""Which events of a topic are asked for, and what of each must be known to tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What of a CloudEvent of ours decides whether it is wanted; the rest is passed on unread."""

    id: UUID
    type: str
    sequence: str
    subject: UUID
    orgid: UUID
    recordedtime: datetime


_DECODER = msgspec.json.Decoder(Seen)


def seen(value: bytes) -> Seen | None:
    """None for what is no event of ours."""
    try:
        found = _DECODER.decode(value)
        return found if int(found.sequence) > 0 else None
    except (msgspec.MsgspecError, ValueError):
        return None


@dataclass(frozen=True)
class Wanted:
    """All that is asked for must hold; both ends of a range belong to it."""

    since: datetime | None = None
    until: datetime | None = None
    """Both by when it was recorded, which in a partition only grows."""
    partition: int | None = None
    first: int = 1
    last: int | None = None
    """Positions."""
    types: frozenset[str] = frozenset()
    """Each short, `NameCorrected`, or whole, `crm.contacts.NameCorrected`; empty: every one."""
    stream: UUID | None = None
    org: UUID | None = None

    def takes(self, event: Seen) -> bool:
        """Whether this event is asked for."""
        return (
            int(event.sequence) >= self.first
            and not self.over(event)
            and (self.since is None or event.recordedtime >= self.since)
            and (self.org is None or event.orgid == self.org)
            and (self.stream is None or event.subject == self.stream)
            and (not self.types or event.type in self.types or event.type.rpartition(".")[2] in self.types)
        )

    def over(self, event: Seen) -> bool:
        """Whether nothing of its partition is asked for from here on."""
        return (self.until is not None and event.recordedtime > self.until) or (
            self.last is not None and int(event.sequence) > self.last
        )


@dataclass
class Once:
    """Lets each event by once: a topic may repeat what it has, and says so by the position."""

    wanted: Wanted
    repeats: int = 0
    no_events: int = 0
    _reached: dict[int, tuple[int, UUID]] = field(default_factory=dict)

    def takes(self, partition: int, event: Seen | None) -> bool:
        """Whether this record, the next of its partition, is to be handed out."""
        if event is None:
            self.no_events += 1
            return False
        position = int(event.sequence)
        if position <= self.position(partition):
            self.repeats += 1
            return False
        self._reached[partition] = position, event.id
        return self.wanted.takes(event)

    def position(self, partition: int) -> int:
        """How far it was read; 0: not at all."""
        return self._reached[partition][0] if partition in self._reached else 0

    @property
    def last(self) -> set[tuple[int, int, UUID | None]]:
        """The last event that was read of each partition: partition, position, id."""
        return {(partition, *last) for partition, last in self._reached.items()}
