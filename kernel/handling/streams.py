"""Streams as commands are decided on them: loaded, opened, folded, and remembered for a short while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from kernel.aggregate import Aggregate
from kernel.log.facts import Event, decode
from kernel.log.store import Store
from kernel.log.store.append import StoredAnswer, StreamRef, stream_key
from kernel.log.store.load import Loaded, LoadedStream, StoredEvent
from kernel.vault.events import open_personal, person_of
from kernel.vault.vault import SECONDS_CACHED, Vault

STREAMS_REMEMBERED = 1_024


class FoldedStream(msgspec.Struct, frozen=True):
    """One stream, folded. Version 0: it has not begun."""

    org_id: UUID
    stream_id: UUID
    kind: str
    version: int
    state: Any
    partition_key: UUID | None = None
    partition: int = 0
    position: int = 0
    """Of its last event."""
    opened_at: float = 0.0
    """When the oldest personal part in the state was opened, by the monotonic clock."""


Seen = dict[StreamRef, FoldedStream]
"""The streams that a command is decided on, its target first."""


class Streams:
    """The streams of one service. A remembered state may be old: its version is to be checked."""

    def __init__(self, store: Store, vault: Vault, aggregates: Iterable[Aggregate[Any]]) -> None:
        self._store = store
        self._vault = vault
        self._aggregates = {aggregate.name: aggregate for aggregate in aggregates}
        self._events = {
            event.__name__: event for aggregate in self._aggregates.values() for event in aggregate.events
        }
        self._remembered: OrderedDict[tuple[UUID, UUID], FoldedStream] = OrderedDict()

    def remembered(self, org_id: UUID, stream_id: UUID) -> FoldedStream | None:
        """The stream as it was last seen here, for no longer than a destroyed key would be used."""
        stream = self._remembered.get((org_id, stream_id))
        if stream is not None and stream.opened_at + SECONDS_CACHED < time.monotonic():
            del self._remembered[org_id, stream_id]
            return None
        return stream

    def remember(self, stream: FoldedStream) -> None:
        key = stream.org_id, stream.stream_id
        self._remembered[key] = stream
        self._remembered.move_to_end(key)
        if len(self._remembered) > STREAMS_REMEMBERED:
            self._remembered.popitem(last=False)

    async def load(
        self,
        org_id: UUID,
        streams: Iterable[StreamRef],
        answer_of: tuple[str, str] | None = None,
    ) -> tuple[dict[StreamRef, FoldedStream], StoredAnswer | None]:
        """The streams as the log holds them now, without those that are not there; and the answer of a key.

        What is remembered is only completed.
        """
        known = {ref: self.remembered(*stream_key(ref, org_id)) for ref in streams}
        after = {ref: stream.version for ref, stream in known.items() if stream is not None}
        loaded = await self._store.load(org_id, known, after=after, answer_of=answer_of)
        if lost := [ref for ref, version in after.items() if _version(loaded, ref) < version]:
            # The database came back without its last commits: what it forgot is forgotten here too.
            for ref in lost:
                self._remembered.pop(stream_key(ref, org_id), None)
            return await self.load(org_id, known, answer_of)
        found = {
            ref: await self._folded(*stream_key(ref, org_id), stored, known[ref])
            for ref, stored in loaded.streams.items()
        }
        for stream in found.values():
            self.remember(stream)
        return found, loaded.answer

    async def _folded(
        self,
        org_id: UUID,
        stream_id: UUID,
        stored: LoadedStream,
        known: FoldedStream | None,
    ) -> FoldedStream:
        aggregate = self._aggregates[stored.kind]
        opened_at = time.monotonic() if known is None else known.opened_at
        state = aggregate.initial(org_id, stream_id) if known is None else known.state
        for event in await self._opened(org_id, stream_id, stored.events):
            state = aggregate.evolve(state, event)
        return FoldedStream(
            org_id=org_id,
            stream_id=stream_id,
            kind=stored.kind,
            version=stored.version,
            state=state,
            partition_key=stored.partition_key,
            partition=stored.partition,
            position=stored.position,
            opened_at=opened_at,
        )

    async def _opened(self, org_id: UUID, stream_id: UUID, stored: Sequence[StoredEvent]) -> list[Event]:
        events = [decode(self._events[event.type], event.schema_version, event.data) for event in stored]
        sealed = {
            number: (event, person_of(events[number]), event.personal)
            for number, event in enumerate(stored)
            if event.personal is not None
        }
        if not sealed:
            return events
        keys = await self._vault.keys(org_id, {person for _, person, _ in sealed.values()})
        for number, (event, person, blob) in sealed.items():
            if person in keys:
                cls = self._events[event.type]
                plain = open_personal(keys[person], cls, blob, event.event_id, stream_id, event.version)
                events[number] = decode(cls, event.schema_version, event.data, plain)
        return events


def _version(loaded: Loaded, ref: StreamRef) -> int:
    stream = loaded.streams.get(ref)
    return 0 if stream is None else stream.version
