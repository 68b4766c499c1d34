"""An organisation's agreements: the texts, who signed them, and whether one is in force now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from kernel.taking.arrivals import Reading
from kernel.taking.fact import Fact
from kernel.view import reading
from kernel.view.history.past import Past
from kernel.view.view import Key, View
from kernel.web.access import Role
from kernel.web.inquiry import Inquiry
from kernel.web.service import Query
from lib.records import Record
from services.partners import events
from services.partners.events.terms import Terms
from services.projections.operations.journal import JOURNAL
from services.projections.shared import paging
from services.projections.shared.memory import TOO_MANY, Memory, left_out
from services.projections.shared.moments import AsOf
from services.projections.sharing.matchable import GATE, MATCHER

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    agreement_id uuid NOT NULL,
    partition smallint NOT NULL,
    version bigint NOT NULL,
    proposer_id uuid,
    counterpart_id uuid,
    open json,
    in_force json,
    suspended_by json NOT NULL,
    ends_at timestamptz,
    ended_by uuid,
    PRIMARY KEY (org_id, agreement_id, partition)
)"""


class Text(msgspec.Struct, frozen=True):
    """One version of the terms. `since`: proposed, or in force, since then."""

    version: int
    digest: str
    terms: Terms
    since: datetime
    signed_by: tuple[UUID, ...] = ()


class Agreement(msgspec.Struct, frozen=True):
    """An agreement, as one of its two sides holds it."""

    agreement_id: UUID
    version: int = 0
    proposer_id: UUID | None = None
    counterpart_id: UUID | None = None
    open: Text | None = None
    in_force: Text | None = None
    suspended_by: tuple[UUID, ...] = ()
    ends_at: datetime | None = None
    """Of the text in force."""
    ended_by: UUID | None = None


def keys(fact: Fact[Any]) -> list[Key]:
    return [(fact.envelope.stream_id,)]


def fold(row: Agreement, fact: Fact[Any]) -> Agreement:
    row, at = replace(row, version=fact.envelope.version), fact.envelope.recorded_at
    match fact.event:
        case events.AgreementProposed() as event:
            text = Text(1, event.digest, event.terms, at)
            sides = {"proposer_id": event.proposer_id, "counterpart_id": event.counterpart_id}
            return replace(row, **sides, open=text)
        case events.AgreementCountered() as event:
            return replace(row, open=Text(event.text_version, event.digest, event.terms, at))
        case events.AgreementSigned(by=by) if row.open is not None:
            return replace(row, open=replace(row.open, signed_by=(*row.open.signed_by, by)))
        case events.AgreementTookEffect() | events.AgreementNarrowed() as event:
            text = Text(event.text_version, event.digest, event.terms, at)
            return replace(row, open=None, in_force=text, ends_at=event.terms.ends_at)
        case events.AgreementSuspended(by=by):
            return replace(row, suspended_by=(*row.suspended_by, by))
        case events.AgreementResumed(by=by):
            return replace(row, suspended_by=tuple(one for one in row.suspended_by if one != by))
        case events.AgreementEnded(by=by):
            return replace(row, open=None, in_force=None, ends_at=None, ended_by=by)
    return row


def combine(rows: Sequence[Agreement]) -> Agreement:
    """It stands on one stream, so that the later part is the whole."""
    return max(rows, key=lambda row: row.version)


AGREEMENTS = View(
    name="agreements",
    number=1,
    row=Agreement,
    key=("agreement_id",),
    reads=(
        events.AgreementProposed,
        events.AgreementCountered,
        events.AgreementSigned,
        events.AgreementTookEffect,
        events.AgreementNarrowed,
        events.AgreementSuspended,
        events.AgreementResumed,
        events.AgreementEnded,
    ),
    keys=keys,
    fold=fold,
    combine=combine,
    table=TABLE,
    readers=(MATCHER, GATE),
)

TOLD = Reading((AGREEMENTS,))
MADE_OF = ("partners",)

WHO = frozenset({Role.MANAGER, Role.PARTNER_MANAGER, Role.PRIVACY_OFFICER, Role.OPERATOR})


class Standing(StrEnum):
    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    SUSPENDED = "suspended"
    OVER = "over"
    """Its end has come."""
    ENDED = "ended"
    """One side ended it."""


class ShownAgreement(msgspec.Struct, frozen=True):
    """An agreement. Nothing is shared unless it is in force."""

    agreement_id: UUID
    version: int
    proposer_id: UUID
    counterpart_id: UUID
    standing: Standing
    open: Text | None
    """The text that waits for signatures."""
    in_force: Text | None
    suspended_by: tuple[UUID, ...]
    ended_by: UUID | None


class AgreementAsked(Record):
    """One agreement by its id, which is the same for both sides."""

    id: UUID
    as_of: AsOf | None = None


async def agreement(inquiry: Inquiry, asked: AgreementAsked) -> ShownAgreement | None:
    if asked.as_of is not None:
        row = await _then(inquiry, asked.id, asked.as_of)
        return shown(row, asked.as_of) if row else None
    row = await reading.row(inquiry.db, AGREEMENTS, asked.id)
    return shown(row, await _now(inquiry)) if row else None


async def _then(inquiry: Inquiry, agreement_id: UUID, until: datetime) -> Agreement | None:
    past = Past((AGREEMENTS,), await left_out(inquiry.db, (AGREEMENTS,), MADE_OF))
    past.take(await Memory(inquiry, until).events(TOLD, [agreement_id]))
    return past.rows(AGREEMENTS, [(agreement_id,)]).get((agreement_id,))


class Agreements(msgspec.Struct, frozen=True):
    """In the order of their ids."""

    agreements: tuple[ShownAgreement, ...]
    cursor: str | None = None


IDS = "SELECT DISTINCT agreement_id FROM {table} WHERE agreement_id > $1 ORDER BY 1 LIMIT {count:d}"


async def agreements(inquiry: Inquiry, asked: paging.Listing) -> Agreements:
    after = paging.after(inquiry, asked, UUID) or UUID(int=0)
    sql = IDS.format(table=await reading.live(inquiry.db, AGREEMENTS), count=asked.limit + 1)
    ids = [row["agreement_id"] for row in await inquiry.db.fetch(sql, after)]
    rows, now = await reading.rows(inquiry.db, AGREEMENTS, [(one,) for one in ids]), await _now(inquiry)
    page, cursor = paging.paged(inquiry, asked, ids, lambda one: one)
    return Agreements(tuple(shown(rows[one,], now) for one in page), cursor)


async def _now(inquiry: Inquiry) -> datetime:
    """By the database's clock, as all ends are told."""
    now: datetime = await inquiry.db.fetchval("SELECT now()")
    return now


def shown(row: Agreement, now: datetime) -> ShownAgreement:
    assert row.proposer_id is not None
    assert row.counterpart_id is not None
    return ShownAgreement(
        row.agreement_id,
        row.version,
        row.proposer_id,
        row.counterpart_id,
        standing(row, now),
        row.open,
        row.in_force,
        row.suspended_by,
        row.ended_by,
    )


def standing(row: Agreement, now: datetime) -> Standing:
    if row.ended_by is not None:
        return Standing.ENDED
    if row.ends_at is None:
        return Standing.PROPOSED
    if row.ends_at <= now:
        return Standing.OVER
    return Standing.SUSPENDED if row.suspended_by else Standing.IN_FORCE


ONE = Query(
    method="GET",
    path="/agreements/{id}",
    roles=WHO,
    handler=agreement,
    views=(AGREEMENTS,),
    params=AgreementAsked,
    answer=ShownAgreement,
    summary="One agreement",
    moment="as_of",
    past=(JOURNAL, AGREEMENTS),
    of=MADE_OF,
    refusals=(TOO_MANY,),
)
LIST = Query(
    method="GET",
    path="/agreements",
    roles=WHO,
    handler=agreements,
    views=(AGREEMENTS,),
    params=paging.Listing,
    answer=Agreements,
    summary="The organisation's agreements",
)
