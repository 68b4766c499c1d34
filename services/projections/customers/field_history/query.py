"""What a field of a customer was: GET /customers/{id}/history/{field}, the latest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kernel.view.reading import live
from kernel.web.inquiry import Inquiry
from kernel.web.service import Query
from services.projections.customers.field_history.fields import Change, Field
from services.projections.customers.field_history.view import FIELD_HISTORY
from services.projections.customers.past.identity import customer_of_then
from services.projections.customers.past.recalling import MADE_OF
from services.projections.customers.roles import OWN
from services.projections.operations.journal import JOURNAL
from services.projections.shared import paging
from services.projections.shared.identity import IDENTITY
from services.projections.shared.memory import EVER
from services.projections.shared.moments import AsOf


class FieldAsked(paging.Listing):
    """A field of a customer: of all its contacts."""

    id: UUID
    field: Field
    as_of: AsOf | None = None


class PastValue(msgspec.Struct, frozen=True):
    """A value that the field had, or one among several, from then on; or, removed, no longer had."""

    contact_id: UUID
    change: Change
    value: Any
    """Null: none; or, where it was set, erased."""
    actor: str
    """Who said so."""
    event_id: UUID
    type: str
    """What happened: `NameCorrected`."""
    occurred_at: datetime
    recorded_at: datetime


class History(msgspec.Struct, frozen=True):
    """What was said of a field, the latest first, as the log learned of it."""

    customer_id: UUID
    field: Field
    values: tuple[PastValue, ...]
    cursor: str | None = None


VALUES = """
SELECT contact_id, change, value::text, actor, event_id, type, occurred_at, recorded_at, version
FROM {table}
WHERE contact_id = ANY($1) AND field = $2
    AND recorded_at <= $7 AND ($3::timestamptz IS NULL OR (recorded_at, version, event_id) < ($3, $4, $5))
ORDER BY recorded_at DESC, version DESC, event_id DESC
LIMIT $6"""

HistoryPlace = tuple[datetime, int, UUID]


async def history(inquiry: Inquiry, params: FieldAsked) -> History | None:
    """None where the caller may see no such contact."""
    place: Sequence[Any] = paging.after(inquiry, params, HistoryPlace) or (None, None, None)
    if (customer := await customer_of_then(inquiry, params.id, params.as_of)) is None:
        return None
    sql = VALUES.format(table=await live(inquiry.db, FIELD_HISTORY))
    asked = customer.contacts, params.field, *place, params.limit + 1, params.as_of or EVER
    found = await inquiry.db.fetch(sql, *asked)
    shown, cursor = paging.paged(inquiry, params, found, _place)
    return History(customer.customer_id, params.field, tuple(map(_past_value, shown)), cursor)


def _place(record: asyncpg.Record) -> HistoryPlace:
    return record["recorded_at"], record["version"], record["event_id"]


def _past_value(record: asyncpg.Record) -> PastValue:
    contact_id, change, value, *rest, _version = record.values()
    return PastValue(contact_id, Change(change), None if value is None else msgspec.json.decode(value), *rest)


HISTORY = Query(
    method="GET",
    path="/customers/{id}/history/{field}",
    roles=OWN,
    handler=history,
    views=(IDENTITY, FIELD_HISTORY),
    params=FieldAsked,
    answer=History,
    summary="Every value that a field of a customer had",
    moment="as_of",
    past=(JOURNAL, IDENTITY, FIELD_HISTORY),
    of=MADE_OF,
)
