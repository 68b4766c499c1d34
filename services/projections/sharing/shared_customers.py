"""The customers whom another organisation shares, cell by cell, as its agreement and each of them allow."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from pydantic import Field

from kernel.web.access import Role
from kernel.web.inquiry import Inquiry
from kernel.web.problems import Problem, not_found
from kernel.web.service import Query
from lib.records import Record
from lib.texts import Slug
from services.partners.events.terms import SharedField
from services.projections.customers.person import PERSON
from services.projections.customers.purchases import Amount
from services.projections.customers.value_tiers import VALUE_TIERS
from services.projections.partners.agreements import AGREEMENTS
from services.projections.shared import paging
from services.projections.shared.identity import IDENTITY
from services.projections.sharing.disclosure_consents import DISCLOSURE_CONSENTS
from services.projections.sharing.matchable import MATCHABLE
from services.projections.sharing.monthly_purchases import MONTHLY_PURCHASES

READERS = frozenset({Role.PARTNER, Role.PARTNER_MANAGER})

GATING = ("contacts", "partners")
"""Whose facts close what was open."""

CURSOR_SECONDS = 3_600

OWNER = "SELECT shared_owner($1)"
VERSION = "SELECT text_version FROM shared_text($1, $2)"
CELLS = "SELECT * FROM shared_cells($1, $2, $3)"
PAGE = "SELECT * FROM shared_page($1, $2, $3, $4)"


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is told of a customer.

    `name`: of the brand, the product (its number), the category; of an address what it is for.
    `value`: of the profile, the tier's name; of a category whether it is what the reader's `own` brands sold,
    or those of all `others`.
    """

    field: SharedField
    name: str | None = None
    month: str | None = None
    value: str | None = None
    quantity: Decimal | None = None
    net: Amount | None = None


class SharedCustomer(msgspec.Struct, frozen=True):
    """Why it is told, and what. `contact_id` is the reader's own contact, with whom it was matched."""

    contact_id: UUID
    agreement_id: UUID
    agreement_version: int
    purpose: str
    consented_at: datetime
    cells: tuple[Cell, ...]


class SharedCustomers(msgspec.Struct, frozen=True):
    """In the order of the reader's own ids."""

    customers: tuple[SharedCustomer, ...]
    cursor: str | None = None


Agreement = Annotated[UUID, Field(examples=["0192d4f0-ffff-7000-8000-000000000000"])]


class SharedAsked(Record):
    """One customer, by the own contact's id."""

    id: UUID
    agreement: Agreement
    purpose: Slug


class SharedListing(paging.Listing):
    """All customers that are shared under an agreement for a purpose. A cursor counts for an hour."""

    agreement: Agreement
    purpose: Slug


async def owner(inquiry: Inquiry, asked: SharedAsked | SharedListing) -> UUID | None:
    found: UUID | None = await inquiry.db.fetchval(OWNER, asked.agreement)
    return found


async def customer(inquiry: Inquiry, asked: SharedAsked) -> SharedCustomer | None:
    """None alike where it is not the reader's, unknown, not certain, not allowed, or not among the chosen."""
    rows = await inquiry.db.fetch(CELLS, asked.agreement, asked.purpose, [asked.id])
    return next(iter(_customers(rows, asked)), None)


async def customers(inquiry: Inquiry, asked: SharedListing) -> SharedCustomers:
    """404 where nothing is agreed for the purpose now: an empty page says that nobody is shared."""
    after, began = paging.after(inquiry, asked, tuple[UUID, float]) or (None, time.time())
    if began < time.time() - CURSOR_SECONDS:
        raise Problem("bad-cursor", "This cursor is too old: begin with the first page again.")
    if await inquiry.db.fetchval(VERSION, asked.agreement, asked.purpose) is None:
        raise not_found()
    rows = await inquiry.db.fetch(PAGE, asked.agreement, asked.purpose, after, asked.limit + 1)
    found = _customers(rows, asked)[: asked.limit + 1]
    page, cursor = paging.paged(inquiry, asked, found, lambda last: (last.contact_id, began))
    return SharedCustomers(tuple(page), cursor)


def _customers(rows: Iterable[asyncpg.Record], asked: SharedAsked | SharedListing) -> list[SharedCustomer]:
    return [
        _customer(contact_id, list(told), asked)
        for contact_id, told in groupby(rows, itemgetter("contact_id"))
    ]


def _customer(
    contact_id: UUID, told: list[asyncpg.Record], asked: SharedAsked | SharedListing
) -> SharedCustomer:
    version, consented_at = told[0]["agreement_version"], told[0]["consented_at"]
    cells = tuple(_cell(row) for row in told)
    return SharedCustomer(contact_id, asked.agreement, version, asked.purpose, consented_at, cells)


def _cell(row: Any) -> Cell:
    net = None if row["amount"] is None else Amount(row["amount"], row["currency"])
    return Cell(SharedField(row["field"]), row["name"], row["month"], row["value"], row["quantity"], net)


VIEWS = (
    AGREEMENTS,
    IDENTITY,
    DISCLOSURE_CONSENTS,
    MATCHABLE,
    PERSON,
    MONTHLY_PURCHASES,
    VALUE_TIERS,
)

ONE = Query(
    method="GET",
    path="/shared/customers/{id}",
    roles=READERS,
    handler=customer,
    views=VIEWS,
    params=SharedAsked,
    answer=SharedCustomer,
    summary="One customer that is shared",
    owner=owner,
    heads=GATING,
)
LIST = Query(
    method="GET",
    path="/shared/customers",
    roles=READERS,
    handler=customers,
    views=VIEWS,
    params=SharedListing,
    answer=SharedCustomers,
    summary="The customers that are shared",
    owner=owner,
    heads=GATING,
)
