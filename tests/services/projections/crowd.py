"""A hundred thousand contacts in the views that the directory reads, put there as the worker's role may."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid5

import asyncpg
import msgspec

from kernel.log.partitions import partition_of
from kernel.view.view import View
from lib.identifiers import IdentifierKind
from lib.names import searchable
from services.contacts.events.words import ContactKind
from services.projections.customers.person import PERSON, KnownBy, Person, terms
from services.projections.shared.identity import IDENTITY, Identity
from tests.services.projections.desk import ORG

SIZE = 100_000
OWNERS, TEAMS = 200, 20
MERGED_EVERY = 10
"""Every tenth contact was merged into the one before."""

SYLLABLES = "an ber car do el fi gru ha in jo ka lu mo na ol pe ro sa ti ul vi wei xa zim".split()


def contact_id(number: int) -> UUID:
    return uuid5(ORG, f"contact {number}")


def owner_id(number: int) -> UUID:
    return uuid5(ORG, f"owner {number % OWNERS}")


def team_id(number: int) -> UUID:
    return uuid5(ORG, f"team {number % TEAMS}")


def email(number: int) -> str:
    return f"contact{number}@example.org"


def people(size: int = SIZE) -> Iterator[Person]:
    """Names as they are: some of them frequent, most of them rare."""
    dice = random.Random(7)
    frequencies = [1 / rank for rank in range(1, len(SYLLABLES) + 1)]
    for number in range(size):
        parts = dice.choices(SYLLABLES, frequencies, k=5)
        given, family = "".join(parts[:2]).capitalize(), "".join(parts[2:]).capitalize()
        yield Person(
            contact_id(number),
            version=2,
            kind=ContactKind.PERSON,
            given=given,
            family=family,
            sort_name=searchable(f"{family} {given}"),
            identifiers=(KnownBy(IdentifierKind.EMAIL, email(number)),),
            owner_id=owner_id(number),
            team_id=team_id(number),
            registered_at=datetime(2026, 1, 1, tzinfo=UTC),
        )


def identities(size: int = SIZE) -> Iterator[Identity]:
    for number in range(size):
        merged = number % MERGED_EVERY == 1
        yield Identity(contact_id(number), 1, contact_id(number - 1 if merged else number))


async def fill(db: asyncpg.Connection, size: int = SIZE) -> None:
    """COPY passes row security only for the worker's role."""
    crowd = list(people(size))
    await _copy(db, PERSON, crowd)
    await _copy(db, IDENTITY, identities(size))
    lines = (
        (ORG, kind, term, person.contact_id, partition_of(person.contact_id))
        for person in crowd
        for kind, term in terms(person)
    )
    await db.copy_records_to_table(
        f"{PERSON.table_name}_term",
        records=lines,
        columns=["org_id", "kind", "term", "contact_id", "partition"],
    )


async def _copy(db: asyncpg.Connection, view: View, rows: Iterator[msgspec.Struct] | list) -> None:
    columns = [column.name for column in view.columns]
    jsonb = {column.name for column in view.columns if column.sql == "jsonb"}
    records = (
        (
            ORG,
            partition_of(row.contact_id),
            *(
                msgspec.to_builtins(getattr(row, name)) if name in jsonb else getattr(row, name)
                for name in columns
            ),
        )
        for row in rows
    )
    await db.copy_records_to_table(
        view.table_name, records=records, columns=["org_id", "partition", *columns], timeout=300
    )
