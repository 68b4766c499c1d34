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
from kernel.log.store.append import StoredAnswer
from kernel.log.store.load import Loaded, LoadedStream, StoredEvent
from kernel.vault.events import open_personal, person_of
from kernel.vault.vault import SECONDS_CACHED, Vault

STREAMS_REMEMBERED = 1_024


class FoldedStream(msgspec.Struct, frozen=True):
    """One stream, folded. Version 0: it has not begun."""

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


class Streams:
    """The streams of one service. A remembered state may be old: its version is to be checked."""

    def __init__(self, store: Store, vault: Vault, aggregates: Iterable[Aggregate[Any]]) -> None:
        self._store = store
        self._vault = vault
        self._events = {event.__name__: event for aggregate in aggregates for event in aggregate.events}
        self._remembered: OrderedDict[tuple[UUID, UUID], FoldedStream] = OrderedDict()

    def remembered(self, org_id: UUID, stream_id: UUID) -> FoldedStream | None:
        """The stream as it was last seen here, for no longer than a destroyed key would be used."""
        stream = self._remembered.get((org_id, stream_id))
        if stream is not None and stream.opened_at + SECONDS_CACHED < time.monotonic():
            del self._remembered[org_id, stream_id]
            return None
        return stream

    def remember(self, org_id: UUID, stream: FoldedStream) -> None:
        self._remembered[org_id, stream.stream_id] = stream
        self._remembered.move_to_end((org_id, stream.stream_id))
        if len(self._remembered) > STREAMS_REMEMBERED:
            self._remembered.popitem(last=False)

    async def load(
        self,
        aggregate: Aggregate[Any],
        org_id: UUID,
        stream_ids: Iterable[UUID],
        answer_of: tuple[str, str] | None = None,
    ) -> tuple[dict[UUID, FoldedStream], StoredAnswer | None]:
        """The streams as the log holds them now, without those that are not there; and the answer of a key.

        What is remembered is only completed. A stream of another kind comes unfolded.
        """
        known = {stream_id: self.remembered(org_id, stream_id) for stream_id in stream_ids}
        after = {stream_id: stream.version for stream_id, stream in known.items() if stream is not None}
        loaded = await self._store.load(org_id, known, after=after, answer_of=answer_of)
        if lost := [stream for stream, version in after.items() if _version(loaded, stream) < version]:
            # The database came back without its last commits: what it forgot is forgotten here too.
            for stream_id in lost:
                self._remembered.pop((org_id, stream_id), None)
            return await self.load(aggregate, org_id, known, answer_of)
        found = {
            stream_id: await self._folded(aggregate, org_id, stream_id, stored, known[stream_id])
            for stream_id, stored in loaded.streams.items()
        }
        for stream in found.values():
            self.remember(org_id, stream)
        return found, loaded.answer

    async def _folded(
        self,
        aggregate: Aggregate[Any],
        org_id: UUID,
        stream_id: UUID,
        stored: LoadedStream,
        known: FoldedStream | None,
    ) -> FoldedStream:
        opened_at = time.monotonic() if known is None else known.opened_at
        state = aggregate.initial(stream_id) if known is None else known.state
        if stored.kind == aggregate.name:
            for event in await self._opened(org_id, stream_id, stored.events):
                state = aggregate.evolve(state, event)
        return FoldedStream(
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


def _version(loaded: Loaded, stream_id: UUID) -> int:
    stream = loaded.streams.get(stream_id)
    return 0 if stream is None else stream.version
