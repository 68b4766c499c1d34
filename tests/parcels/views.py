"""Views of parcels: one row per stream, one summed over streams, one that only grows."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from kernel.taking.fact import Fact
from kernel.view.view import Key, Term, View
from tests.parcels.events import ParcelPosted, ParcelSeen, ParcelWeighed


class Parcel(msgspec.Struct, frozen=True):
    """Where a parcel is and how heavy."""

    parcel_id: UUID
    version: int = 0
    grams: int = 0
    place: str | None = None
    places: tuple[str, ...] = ()


def parcel(row: Parcel, fact: Fact[Any]) -> Parcel:
    row = msgspec.structs.replace(row, version=fact.envelope.version)
    match fact.event:
        case ParcelPosted(grams=grams) | ParcelWeighed(grams=grams):
            if grams == POISON:
                raise ValueError("a weight that no scale shows")
            return msgspec.structs.replace(row, grams=grams)
        case ParcelSeen(place=place):
            return msgspec.structs.replace(row, place=place, places=(*row.places, place))
    return row


POISON = -666
"""A weight at which the fold of `parcel` fails."""


def latest(rows: Sequence[Parcel]) -> Parcel:
    return max(rows, key=lambda row: row.version)


def places_of(row: Parcel) -> Iterable[Term]:
    return {("place", place) for place in row.places}


PARCEL = View(
    name="parcel",
    number=1,
    row=Parcel,
    key=("parcel_id",),
    reads=(ParcelPosted, ParcelWeighed, ParcelSeen),
    keys=lambda fact: [(fact.envelope.stream_id,)],
    fold=parcel,
    combine=latest,
    terms=places_of,
    table="""
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    parcel_id uuid NOT NULL,
    partition smallint NOT NULL,
    version bigint NOT NULL,
    grams bigint NOT NULL,
    place text,
    places json NOT NULL,
    PRIMARY KEY (org_id, parcel_id, partition)
)""",
)


class Load(msgspec.Struct, frozen=True):
    """How much a contact sends."""

    contact_id: UUID
    parcels: int = 0
    grams: int = 0


def load(row: Load, fact: Fact[Any]) -> Load:
    match fact.event:
        case ParcelPosted(grams=grams):
            return msgspec.structs.replace(row, parcels=row.parcels + 1, grams=row.grams + grams)
        case ParcelWeighed(grams=grams, before=before):
            return msgspec.structs.replace(row, grams=row.grams + grams - before)
    return row


def loads(rows: Sequence[Load]) -> Load:
    return Load(rows[0].contact_id, sum(row.parcels for row in rows), sum(row.grams for row in rows))


LOAD = View(
    name="load",
    number=1,
    row=Load,
    key=("contact_id",),
    reads=(ParcelPosted, ParcelWeighed),
    keys=lambda fact: [(fact.event.contact_id,)],
    fold=load,
    combine=loads,
    table="""
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    partition smallint NOT NULL,
    parcels bigint NOT NULL,
    grams bigint NOT NULL,
    PRIMARY KEY (org_id, contact_id, partition)
)""",
)


class Sighting(msgspec.Struct, frozen=True):
    """One passing of a place."""

    parcel_id: UUID
    version: int
    place: str = ""


def sighting_keys(fact: Fact[ParcelSeen]) -> list[Key]:
    return [(fact.envelope.stream_id, fact.envelope.version)]


def sighting(row: Sighting, fact: Fact[ParcelSeen]) -> Sighting:
    return Sighting(row.parcel_id, row.version, fact.event.place)


SIGHTING = View(
    name="sighting",
    number=1,
    row=Sighting,
    key=("parcel_id", "version"),
    reads=(ParcelSeen,),
    keys=sighting_keys,
    fold=sighting,
    insert_only=True,
    table="""
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    parcel_id uuid NOT NULL,
    version bigint NOT NULL,
    partition smallint NOT NULL,
    place text NOT NULL,
    PRIMARY KEY (org_id, parcel_id, version, partition)
)""",
)

VIEWS = (PARCEL, LOAD, SIGHTING)
