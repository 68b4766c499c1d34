"""A reaction for tests: parcels that were seen at a place wait there until one of that weight is posted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from kernel.commands import Command
from kernel.reaction.reaction import Digest, Issue, Reaction
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.fact import Fact
from tests.parcels.events import ParcelLost, ParcelPosted, ParcelSeen

POISON = "a place that no map shows"


class Collect(Command):
    """Somebody collects the parcel for the contact."""

    contact_id: UUID


class Shelf(msgspec.Struct, frozen=True):
    """Who collects at a place, and what waits for that person."""

    contact_id: UUID | None = None
    waiting: tuple[UUID, ...] = ()


def keys(fact: Fact[Any], _digest: Digest) -> Iterable[str]:
    match fact.event:
        case ParcelPosted(label=label) if label:
            return (label,)
        case ParcelSeen(place=place):
            return (place,)
    return ()


def fold(shelf: Shelf, fact: Fact[Any]) -> Shelf:
    match fact.event:
        case ParcelPosted(contact_id=contact_id):
            return Shelf(contact_id=contact_id)
        case ParcelSeen(place=place) if place == POISON:
            raise ValueError(place)
        case ParcelLost():
            return Shelf(
                shelf.contact_id, tuple(one for one in shelf.waiting if one != fact.envelope.stream_id)
            )
        case _ if shelf.contact_id:
            return shelf
    return Shelf(waiting=(*shelf.waiting, fact.envelope.stream_id))


def react(before: Shelf, after: Shelf, fact: Fact[Any]) -> Iterable[Issue]:
    if after.contact_id is None:
        return ()
    seen = isinstance(fact.event, ParcelSeen)
    parcels = (fact.envelope.stream_id,) if seen else before.waiting
    return [Issue(parcel, Collect(contact_id=after.contact_id)) for parcel in parcels]


def shelves(**more: Any) -> Reaction[Shelf]:
    """The reaction; it starts at the beginning unless told otherwise."""
    settings = {"name": "shelves", "hears": (ParcelPosted, ParcelSeen), "from_beginning": True, **more}
    return Reaction(memory=Shelf, keys=keys, fold=fold, react=react, **settings)


def arriving(facts: Sequence[Fact[Any]], reaction: Reaction[Any]) -> list[Arrival]:
    """The facts as they come from their topics, each at the offset before its position."""
    reading = Reading([reaction])
    return [reading.read(fact.service, 1, fact.partition, fact.position - 1, fact.raw) for fact in facts]


def digest(_org_id: UUID, kind: str, value: str) -> bytes:
    return f"{kind}{value}".encode()
