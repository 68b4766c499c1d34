"""Any event of any class, for laws that hold for all: hypothesis strategies from their fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid5

import msgspec
from hypothesis import strategies as st

from kernel.log.facts import Event, decode, service_of
from kernel.taking.fact import Fact
from kernel.view.view import Key, R, RowId, View
from lib.records import Record
from tests.parcels.log import ORG, enveloped

CONTACTS = tuple(uuid5(ORG, f"contact {n}") for n in range(6))
TIMES = tuple(datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=37 * n) for n in range(12))
TEXTS = ("Anna", "Øzgür Weiß-Müller", "o'hara", "EUR", "USD", "1082185", "x")

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.sampled_from(CONTACTS),
    datetime: st.sampled_from(TIMES),
    date: st.dates(date(1900, 1, 1), date(2020, 1, 1)),
    Decimal: st.integers(0, 10**6).map(lambda cents: Decimal(cents) / 100),
    int: st.integers(1, 50),
    bool: st.booleans(),
    str: st.sampled_from(TEXTS),
}


@cache
def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """What may stand in a field of this type, as JSON would carry it."""
    if hint in PLAIN:
        return PLAIN[hint]
    origin, options = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return values_of(options[0])
    if origin in (Union, UnionType):
        return st.one_of(*(st.none() if option is NoneType else values_of(option) for option in options))
    if origin is Literal:
        return st.sampled_from(options)
    if origin is tuple:
        return st.lists(values_of(options[0]), max_size=2)
    if issubclass(hint, Enum):
        return st.sampled_from([member.value for member in hint])
    return bodies_of(hint)


@cache
def bodies_of(cls: type[Record]) -> st.SearchStrategy[dict[str, Any]]:
    """The fields of a record, without its personal part."""
    hints = get_type_hints(cls, include_extras=True)
    body = {name: values_of(hints[name]) for name in names_of(cls) if name != "personal"}
    return st.fixed_dictionaries(body)


def names_of(cls: type[Record]) -> list[str]:
    """The fields of a record."""
    return [field.name for field in fields(cls)]  # type: ignore[arg-type]


@st.composite
def events_of(draw: st.DrawFn, cls: type[Event], contact_id: UUID) -> Event:
    """An event of the class; where it is one of the contact itself, of this contact."""
    body = draw(bodies_of(cls))
    if service_of(cls) == "contacts":
        body["contact_id"] = contact_id
    inner = getattr(cls, "Personal", None)
    personal = draw(st.none() | bodies_of(inner)) if inner else None
    sealed = None if personal is None else msgspec.json.encode(personal)
    return decode(cls, cls.version, msgspec.json.encode(body), sealed)


def combined(view: View[R], rows: dict[RowId, R]) -> dict[tuple[UUID, Key], R]:
    """Each key's parts as the one row that readers see: (organisation, key) → row."""
    parts: dict[tuple[UUID, Key], list[R]] = {}
    for (org_id, key, _partition), row in rows.items():
        parts.setdefault((org_id, key), []).append(row)
    return {found: view.combined(rows) for found, rows in parts.items()}


@dataclass(frozen=True)
class History:
    """Streams of one organisation, each with its events; equal positions wherever it is split."""

    streams: tuple[tuple[Fact[Any], ...], ...]

    def told(self, order: Sequence[int], partitions: Sequence[int]) -> list[Fact[Any]]:
        """The facts, taken from the streams in this order, then the rest; each stream on its partition."""
        left = [list(stream) for stream in self.streams]
        turns = [n % len(left) for n in order] + [n for n, stream in enumerate(left) for _ in stream]
        taken = [(n, left[n].pop(0)) for n in turns if left[n]]
        return [msgspec.structs.replace(fact, partition=partitions[n]) for n, fact in taken]


@st.composite
def histories(draw: st.DrawFn, classes: Sequence[type[Event]], most: int = 8) -> History:
    """Up to six streams with events of these classes, each stream of one service."""
    services = sorted({service_of(cls) for cls in classes})
    streams = []
    for number in range(draw(st.integers(1, 6))):
        service = draw(st.sampled_from(services))
        contact = CONTACTS[number] if service == "contacts" else draw(PLAIN[UUID])
        stream_id = contact if service == "contacts" else uuid5(ORG, f"{service} {number}")
        kinds = st.sampled_from([cls for cls in classes if service_of(cls) == service])
        events = kinds.flatmap(lambda cls, contact=contact: events_of(cls, contact))
        found = draw(st.lists(events, max_size=most))
        streams.append(recorded(stream_id, found, 1_000 * number))
    return History(tuple(stream for stream in streams if stream) or (recorded(CONTACTS[0], [], 0),))


def recorded(stream_id: UUID, found: Sequence[Event], first: int) -> tuple[Fact[Any], ...]:
    """The events as facts of one stream, from a position that is theirs alone."""
    facts = []
    for version, event in enumerate(found, 1):
        position = first + version
        envelope = enveloped(ORG, stream_id, event, version, position, 60 * version + first)
        raw = b"sealed %d" % position
        facts.append(Fact(event, envelope, 0, position, service_of(type(event)), raw))
    return tuple(facts)
