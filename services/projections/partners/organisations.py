"""Organisations as they speak of themselves: each reads its own row, and those of all that are listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from kernel.taking.fact import Fact
from kernel.view.reading import live
from kernel.view.view import Key, View
from kernel.web.access import Role
from kernel.web.inquiry import Inquiry
from kernel.web.service import Query
from lib.names import searchable
from services.partners.events import (
    OrganisationListed,
    OrganisationRegistered,
    OrganisationRenamed,
    OrganisationUnlisted,
)
from services.partners.events.organisation import OrganisationKind
from services.projections.shared import paging

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    partition smallint NOT NULL,
    version bigint NOT NULL,
    name text,
    kind text,
    sort_name text COLLATE "C" NOT NULL,
    listed boolean NOT NULL,
    PRIMARY KEY (org_id, organisation_id, partition)
);
CREATE INDEX {table}_listed ON {table} (sort_name, organisation_id) WHERE listed"""


class Organisation(msgspec.Struct, frozen=True):
    """One organisation."""

    organisation_id: UUID
    version: int = 0
    name: str | None = None
    kind: OrganisationKind | None = None
    sort_name: str = ""
    listed: bool = False


def keys(fact: Fact[Any]) -> list[Key]:
    return [(fact.envelope.stream_id,)]


def fold(row: Organisation, fact: Fact[Any]) -> Organisation:
    row = replace(row, version=fact.envelope.version)
    match fact.event:
        case OrganisationRegistered(name=name, kind=kind):
            return replace(row, name=name, kind=kind, sort_name=searchable(name))
        case OrganisationRenamed(name=name):
            return replace(row, name=name, sort_name=searchable(name))
        case OrganisationListed():
            return replace(row, listed=True)
        case OrganisationUnlisted():
            return replace(row, listed=False)
    return row


def combine(rows: Sequence[Organisation]) -> Organisation:
    """They stand on one stream, so that the later part is the whole."""
    return max(rows, key=lambda row: row.version)


ORGANISATIONS = View(
    name="organisations",
    number=1,
    row=Organisation,
    key=("organisation_id",),
    reads=(OrganisationRegistered, OrganisationRenamed, OrganisationListed, OrganisationUnlisted),
    keys=keys,
    fold=fold,
    combine=combine,
    table=TABLE,
    open_where="listed",
)

WHO = frozenset({Role.MANAGER, Role.PARTNER_MANAGER, Role.PRIVACY_OFFICER, Role.OPERATOR})


class ListedOrganisation(msgspec.Struct, frozen=True):
    """What others see of it."""

    organisation_id: UUID
    name: str
    kind: OrganisationKind


class Organisations(msgspec.Struct, frozen=True):
    """In the order of their names."""

    organisations: tuple[ListedOrganisation, ...]
    cursor: str | None = None


LISTED = """
SELECT sort_name, organisation_id, name, kind FROM {table}
WHERE listed AND (sort_name, organisation_id) > ($1, $2)
ORDER BY sort_name, organisation_id
LIMIT {count:d}"""


async def organisations(inquiry: Inquiry, asked: paging.Listing) -> Organisations:
    after = paging.after(inquiry, asked, tuple[str, UUID]) or ("", UUID(int=0))
    sql = LISTED.format(table=await live(inquiry.db, ORGANISATIONS), count=asked.limit + 1)
    found = await inquiry.db.fetch(sql, *after)
    shown, cursor = paging.paged(
        inquiry, asked, found, lambda row: (row["sort_name"], row["organisation_id"])
    )
    listed = (
        ListedOrganisation(row["organisation_id"], row["name"], OrganisationKind(row["kind"]))
        for row in shown
    )
    return Organisations(tuple(listed), cursor)


LIST = Query(
    method="GET",
    path="/organisations",
    roles=WHO,
    handler=organisations,
    views=(ORGANISATIONS,),
    params=paging.Listing,
    answer=Organisations,
    summary="The organisations that are listed",
)
