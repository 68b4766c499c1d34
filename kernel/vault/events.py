"""The personal parts of events: whose key seals each, and to what each is bound."""

from __future__ import annotations

from uuid import UUID

from kernel.log.facts import Event, type_of
from kernel.vault.sealing import Key, binding, open_sealed, seal


def person_of(event: Event) -> UUID:
    """The person whose personal fields the event has: the first that it speaks of."""
    return event.subjects()[0]


def seal_personal(
    key: Key, cls: type[Event], plain: bytes, event_id: UUID, stream_id: UUID, version: int
) -> bytes:
    """The sealed JSON of an event's personal part."""
    return seal(key, plain, binding(event_id, stream_id, version, type_of(cls)))


def open_personal(
    key: Key, cls: type[Event], blob: bytes, event_id: UUID, stream_id: UUID, version: int
) -> bytes:
    """The JSON again; raises CannotOpen."""
    return open_sealed(key, blob, binding(event_id, stream_id, version, type_of(cls)))
