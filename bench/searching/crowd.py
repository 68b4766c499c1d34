"""A hundred thousand contacts in the views that the directory reads, put there as the worker's role may."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import msgspec

from kernel.log.partitions import partition_of
from kernel.view.tables import terms_table
from kernel.view.terms import lines
from kernel.view.view import View
from lib.identifiers import IdentifierKind
from services.contacts.events.words import ContactKind, Name
from services.projections.customers.person import PERSON, KnownBy, Person, named
from services.projections.shared.identity import IDENTITY, Identity

ORG = UUID("0192d4f0-5c3a-7c1e-9b2a-3f1c5e7a9d99")
SIZE = 100_000
OWNERS, TEAMS = 200, 20
MERGED_EVERY = 10
"""Every tenth contact was merged into the one before."""
LONGEST_COPY = 300
"""Seconds."""

SYLLABLES = [
    "an",
    "ber",
    "car",
    "do",
    "el",
    "fi",
    "gru",
    "ha",
    "in",
    "jo",
    "ka",
    "lu",
    "mo",
    "na",
    "ol",
    "pe",
    "ro",
    "sa",
    "ti",
    "ul",
    "vi",
    "wei",
    "xa",
    "zim",
]


def contact_id(number: int) -> UUID:
    return uuid5(ORG, f"contact {number}")


def owner_id(number: int) -> UUID:
    return uuid5(ORG, f"owner {number % OWNERS}")


def team_id(number: int) -> UUID:
    return uuid5(ORG, f"team {number % TEAMS}")


def email(number: int) -> str:
    return f"contact{number}@example.org"


def people(size: int = SIZE) -> Iterator[Person]:
    """With names as they are: some of them frequent, most of them rare."""
    dice = random.Random(7)
    frequencies = [1 / rank for rank in range(1, len(SYLLABLES) + 1)]
    for number in range(size):
        parts = dice.choices(SYLLABLES, frequencies, k=5)
        person = Person(
            contact_id(number),
            version=2,
            kind=ContactKind.PERSON,
            identifiers=(KnownBy(IdentifierKind.EMAIL, email(number)),),
            owner_id=owner_id(number),
            team_id=team_id(number),
            registered_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        name = Name(given="".join(parts[:2]).capitalize(), family="".join(parts[2:]).capitalize())
        yield named(person, name)


def identities(size: int = SIZE) -> Iterator[Identity]:
    for number in range(size):
        merged = number % MERGED_EVERY == 1
        yield Identity(contact_id(number), 1, contact_id(number - 1 if merged else number))


async def fill(db: asyncpg.Connection, size: int = SIZE) -> None:
    """By COPY, which row security lets nobody but the worker do."""
    crowd = {(ORG, (one.contact_id,), partition_of(one.contact_id)): one for one in people(size)}
    await _copy(db, PERSON, crowd.values())
    await _copy(db, IDENTITY, identities(size))
    columns = ["org_id", "kind", "term", "contact_id", "partition"]
    found = sorted(lines(PERSON, crowd))
    await db.copy_records_to_table(terms_table(PERSON), records=found, columns=columns, timeout=LONGEST_COPY)


async def _copy(db: asyncpg.Connection, view: View[Any], rows: Iterable[Any]) -> None:
    columns = ["org_id", "partition", *(column.name for column in view.columns)]
    records = ((ORG, partition_of(row.contact_id), *_values(view, row)) for row in rows)
    await db.copy_records_to_table(view.table_name, records=records, columns=columns, timeout=LONGEST_COPY)


def _values(view: View[Any], row: Any) -> Iterator[Any]:
    for column in view.columns:
        value = getattr(row, column.name)
        yield msgspec.to_builtins(value) if column.sql == "json" else value
