"""What was decided, as the store takes it: encoded, sealed, with the claims that change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from kernel.aggregate import Aggregate, Claimed
from kernel.handling.streams import FoldedStream, Seen
from kernel.ids import new_id
from kernel.log.facts import Event, encode
from kernel.log.store.append import Claim, NewEvent, StreamRef, Write, stream_key
from kernel.vault.events import person_of, seal_personal
from kernel.vault.sealing import Key
from kernel.vault.vault import Vault
from kernel.web.problems import Problem


class Writing:
    """Makes the writes of one organisation's command, each with the stream as it will be."""

    def __init__(self, aggregate: Aggregate[Any], vault: Vault, org_id: UUID, now: datetime) -> None:
        self._aggregate = aggregate
        self._vault = vault
        self._org_id = org_id
        self._now = now

    async def writes(
        self, streams: Seen, decided: Mapping[StreamRef, Sequence[Event]]
    ) -> list[tuple[Write, FoldedStream]]:
        """One for every stream that was looked at; where nothing happens, its version is checked.

        Facts for another organisation are not personal and claim nothing: its keys and claims are its own.
        """
        every = [event for events in decided.values() for event in events]
        persons = {person_of(event) for event in every if getattr(event, "personal", None) is not None}
        keys = await self._vault.keys(self._org_id, persons, create=True) if persons else {}
        if len(keys) < len(persons):
            raise Problem("person-erased", "This person was erased; nothing personal is kept.", status=409)
        return [
            self._write(stream, decided.get(ref, ()), keys)
            for ref, stream in (streams | self._begun(streams, decided)).items()
            if stream.version or decided.get(ref)
        ]

    def _begun(self, streams: Seen, decided: Iterable[StreamRef]) -> Seen:
        keys = {ref: stream_key(ref, self._org_id) for ref in decided if ref not in streams}
        return {
            ref: FoldedStream(*key, self._aggregate.name, 0, self._aggregate.initial(*key))
            for ref, key in keys.items()
        }

    def _write(
        self, stream: FoldedStream, events: Sequence[Event], keys: Mapping[UUID, Key]
    ) -> tuple[Write, FoldedStream]:
        aggregate, own = self._aggregate, stream.org_id == self._org_id
        key = stream.partition_key or aggregate.partition_key(events[0], stream.stream_id)
        state = stream.state
        for event in events:
            state = aggregate.evolve(state, event)
        before = aggregate.claims(stream.state) if events and own else frozenset()
        after = aggregate.claims(state) if events and own else frozenset()
        write = Write(
            stream_id=stream.stream_id,
            kind=stream.kind,
            partition_key=key,
            expected_version=stream.version,
            events=tuple(
                self._sealed(event, stream.stream_id, version, keys)
                for version, event in enumerate(events, stream.version + 1)
            ),
            takes=self._claims(after - before),
            releases=self._claims(before - after),
            org_id=None if own else stream.org_id,
        )
        return write, replace(stream, state=state, version=write.last, partition_key=key)

    def _sealed(self, event: Event, stream_id: UUID, version: int, keys: Mapping[UUID, Key]) -> NewEvent:
        cls, event_id = type(event), new_id()
        data, personal = encode(event)
        if personal is not None:
            personal = seal_personal(keys[person_of(event)], cls, personal, event_id, stream_id, version)
        gate = self._aggregate.gates(event)
        return NewEvent(event_id, cls.__name__, cls.version, data, personal, self._now, gate)

    def _claims(self, claimed: frozenset[Claimed]) -> tuple[Claim, ...]:
        return tuple(Claim(kind, self._vault.digest(self._org_id, kind, value)) for kind, value in claimed)
