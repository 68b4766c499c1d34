"""Who a contact is, in the clear: names, addresses, identifiers, and who looks after it. One row each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from kernel.taking.fact import Fact
from kernel.view.view import Key, Term, View
from lib.identifiers import IdentifierKind
from lib.names import searchable
from services.contacts import events
from services.contacts.events.words import Address, AddressUse, ContactKind, Name
from services.projections.sharing.matchable import GATE, MATCHER

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    partition smallint NOT NULL,
    version bigint NOT NULL,
    kind text,
    given text,
    family text,
    company text,
    sort_name text COLLATE "C" NOT NULL,
    birth_date date,
    addresses json NOT NULL,
    identifiers json NOT NULL,
    owner_id uuid,
    team_id uuid,
    closed boolean NOT NULL,
    registered_at timestamptz,
    PRIMARY KEY (org_id, contact_id, partition)
);
CREATE INDEX {table}_name ON {table} (org_id, sort_name, contact_id);
CREATE INDEX {table}_owner ON {table} (org_id, owner_id, sort_name, contact_id) WHERE owner_id IS NOT NULL;
CREATE INDEX {table}_team ON {table} (org_id, team_id, sort_name, contact_id) WHERE team_id IS NOT NULL"""


class KnownBy(msgspec.Struct, frozen=True):
    """An identifier of the contact."""

    kind: IdentifierKind
    value: str
    verified: bool = False


class Person(msgspec.Struct, frozen=True):
    """One contact. `version` is that of its stream; personal values are missing once they are erased."""

    contact_id: UUID
    version: int = 0
    kind: ContactKind | None = None
    given: str | None = None
    family: str | None = None
    company: str | None = None
    sort_name: str = ""
    birth_date: date | None = None
    addresses: Mapping[AddressUse, Address] = {}
    identifiers: tuple[KnownBy, ...] = ()
    owner_id: UUID | None = None
    team_id: UUID | None = None
    closed: bool = False
    registered_at: datetime | None = None


READS = (
    events.ContactRegistered,
    events.NameCorrected,
    events.BirthDateCorrected,
    events.AddressChanged,
    events.AddressRemoved,
    events.IdentifierAdded,
    events.IdentifierVerified,
    events.IdentifierRemoved,
    events.OwnerAssigned,
    events.TeamAssigned,
    events.ContactClosed,
    events.ContactReopened,
)


def keys(fact: Fact[Any]) -> list[Key]:
    return [(fact.event.contact_id,)]


def fold(row: Person, fact: Fact[Any]) -> Person:
    row = replace(row, version=fact.envelope.version)
    match fact.event:
        case events.ContactRegistered() as event:
            return registered(row, event, fact.envelope.occurred_at)
        case events.IdentifierAdded() | events.IdentifierVerified() | events.IdentifierRemoved() as event:
            return identified(row, event)
        case events.AddressChanged(use=use, personal=personal):
            return addressed(row, use, personal.address if personal else None)
        case events.AddressRemoved(use=use):
            return addressed(row, use, None)
        case events.NameCorrected(personal=personal):
            return named(row, personal.name if personal else Name())
        case events.BirthDateCorrected(personal=personal):
            return replace(row, birth_date=personal.birth_date if personal else None)
        case events.OwnerAssigned(owner_id=owner):
            return replace(row, owner_id=owner)
        case events.TeamAssigned(team_id=team):
            return replace(row, team_id=team)
        case events.ContactClosed():
            return replace(row, closed=True)
        case events.ContactReopened():
            return replace(row, closed=False)
    return row


def registered(row: Person, event: events.ContactRegistered, at: datetime) -> Person:
    row = replace(row, kind=event.kind, owner_id=event.owner_id, team_id=event.team_id, registered_at=at)
    if event.personal is None:
        return row
    row = replace(named(row, event.personal.name), birth_date=event.personal.birth_date)
    return addressed(row, event.address_use, event.personal.address) if event.address_use else row


def named(row: Person, name: Name) -> Person:
    """Sorted as a directory is: family name first, a company by its own."""
    parts = [name.family, name.given] if name.family or name.given else [name.company]
    sort_name = searchable(" ".join(part for part in parts if part))
    return replace(
        row, given=name.given, family=name.family, company=name.company, sort_name=sort_name[:LONGEST_SORTED]
    )


LONGEST_SORTED = 200
"""Characters of a name by which lists are sorted; an index takes no more than 2,700 bytes."""


def addressed(row: Person, use: AddressUse, address: Address | None) -> Person:
    rest = {known: there for known, there in row.addresses.items() if known != use}
    return replace(row, addresses=rest if address is None else {**rest, use: address})


def identified(
    row: Person, event: events.IdentifierAdded | events.IdentifierVerified | events.IdentifierRemoved
) -> Person:
    if event.personal is None:
        return row
    found, value = event.kind, event.personal.value
    before = next((known for known in row.identifiers if (known.kind, known.value) == (found, value)), None)
    rest = [known for known in row.identifiers if known is not before]
    match event:
        case events.IdentifierAdded():
            rest.append(before or KnownBy(found, value))
        case events.IdentifierVerified() if before:
            rest.append(replace(before, verified=True))
    return replace(row, identifiers=tuple(sorted(rest, key=lambda known: (known.kind, known.value))))


def combine(rows: Sequence[Person]) -> Person:
    """A contact's facts stand on its own stream, so that the later part is the whole."""
    return max(rows, key=lambda row: row.version)


def called(row: Person) -> str | None:
    """The name by which it is shown; None once it is erased."""
    parts = (row.given, row.family, row.company)
    return " ".join(part for part in parts if part) or None


def terms(row: Person) -> Iterator[Term]:
    """Each word of its name, followed by the whole name, by which the finds are sorted; each identifier."""
    for term in name_terms(row):
        yield NAME, term
    for known in row.identifiers:
        yield known.kind.value, known.value


NAME = "name"
"""The kind of the terms that are names."""


def name_terms(row: Person) -> Iterator[str]:
    """`anna weiss anna` and `weiss weiss anna`."""
    for word in set(row.sort_name.split()):
        yield f"{word} {row.sort_name}"


PERSON = View(
    name="person",
    number=1,
    row=Person,
    key=("contact_id",),
    reads=READS,
    keys=keys,
    fold=fold,
    combine=combine,
    personal=True,
    terms=terms,
    table=TABLE,
    readers=(MATCHER, GATE),
)
