"""The personal parts of a batch, opened for the views that need them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from kernel.log.envelope import Heading, read
from kernel.log.facts import decode
from kernel.taking.arrivals import Arrival, failure_of
from kernel.taking.fact import Fact
from kernel.vault.sealing import Key, binding, open_sealed
from kernel.vault.vault import Vault


async def open_personal(vault: Vault, personal: frozenset[str], arrivals: Iterable[Arrival]) -> None:
    """Gives arrivals of the types in `personal` their opened facts; without a key they stay sealed."""
    sealed = [
        (arrival, fact)
        for arrival in arrivals
        if (fact := arrival.fact) and fact.envelope.sealed and fact.envelope.type in personal
    ]
    persons: dict[UUID, set[UUID]] = {}
    for _, fact in sealed:
        persons.setdefault(fact.org_id, set()).add(person_of(fact))
    keys = {org_id: await vault.keys(org_id, of_org) for org_id, of_org in persons.items()}
    for arrival, fact in sealed:
        if key := keys[fact.org_id].get(person_of(fact)):
            _open(arrival, fact, key)


def person_of(fact: Fact[Any]) -> UUID:
    """Whose personal values the event holds: its first subject's."""
    person: UUID = fact.event.subjects()[0]
    return person


def _open(arrival: Arrival, fact: Fact[Any], key: Key) -> None:
    try:
        arrival.opened = opened(fact, key)
    except Exception as error:  # a key that does not fit; whatever an upcaster raises once it sees the part
        arrival.unopened = failure_of(error)


def plain_of(envelope: Heading, key: Key) -> bytes:
    """The JSON of its personal part; raises CannotOpen."""
    place = binding(envelope.event_id, envelope.stream_id, envelope.version, envelope.type)
    return open_sealed(key, envelope.personal or b"", place)


def opened(fact: Fact[Any], key: Key) -> Fact[Any]:
    """The same fact with its personal part; raises CannotOpen, and whatever an upcaster does."""
    envelope = fact.envelope
    plain = plain_of(envelope, key)
    event = decode(type(fact.event), envelope.schema_version, bytes(read(fact.raw).data), plain)
    return Fact(event, envelope, fact.partition, fact.position, fact.service, fact.raw)
