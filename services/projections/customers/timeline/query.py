"""Everything that happened with a customer, newest first: GET /customers/{id}/timeline.

Newest by when it happened: what is imported stands where it belongs, not where it arrived. As of a time it is
what had been recorded by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec

from kernel.view.reading import live
from kernel.web.inquiry import Inquiry
from kernel.web.service import Query
from services.projections.customers.past.identity import customer_of_then
from services.projections.customers.past.recalling import MADE_OF
from services.projections.customers.roles import HISTORY, OWN
from services.projections.customers.timeline.happenings import (
    Happening,
    Kind,
    read,
    sealed,
    types_of,
    unsealed,
)
from services.projections.operations.journal import JOURNAL
from services.projections.shared import paging
from services.projections.shared.identity import IDENTITY
from services.projections.shared.memory import EVER
from services.projections.shared.moments import AsOf


class TimelineAsked(paging.Listing):
    """A customer, by the id of any of its contacts."""

    id: UUID
    kind: Kind | None = None
    """Omitted: of every kind."""
    as_of: AsOf | None = None


class Timeline(msgspec.Struct, frozen=True):
    """What happened with any contact of the customer, newest first."""

    customer_id: UUID
    events: tuple[Happening, ...]
    cursor: str | None = None


# An event that speaks of two contacts of the customer is found under both, and shown once.
ENTRIES = """
SELECT DISTINCT ON (occurred_at, service, partition, position)
    occurred_at, service, partition, position, value
FROM unnest($1::uuid[]) AS contact (id) CROSS JOIN LATERAL (
    SELECT occurred_at, service, partition, position, value
    FROM {table}
    WHERE subject_id = contact.id
        AND (occurred_at, service, partition, position) < ($2, $3, $4, $5)
        AND type = ANY($6::text[]) AND recorded_at <= $8
    ORDER BY occurred_at DESC, service DESC, partition DESC, position DESC
    LIMIT $7
) entry
ORDER BY occurred_at DESC, service DESC, partition DESC, position DESC
LIMIT $7"""

TimelinePlace = tuple[datetime, str, int, int]
NEWEST: TimelinePlace = (datetime.max.replace(tzinfo=UTC), "", 0, 0)


async def timeline(inquiry: Inquiry, params: TimelineAsked) -> Timeline | None:
    """None where the caller may see no such contact."""
    place: TimelinePlace = paging.after(inquiry, params, TimelinePlace) or NEWEST
    if (customer := await customer_of_then(inquiry, params.id, params.as_of)) is None:
        return None
    sql = ENTRIES.format(table=await live(inquiry.db, JOURNAL))
    types = types_of(params.kind)
    until = params.as_of or EVER
    found = await inquiry.db.fetch(sql, customer.contacts, *place, types, params.limit + 1, until)
    shown, cursor = paging.paged(inquiry, params, found, _place)
    return Timeline(customer.customer_id, tuple(await _happenings(inquiry, shown)), cursor)


def _place(record: asyncpg.Record) -> TimelinePlace:
    return record["occurred_at"], record["service"], record["partition"], record["position"]


async def _happenings(inquiry: Inquiry, records: Sequence[asyncpg.Record]) -> list[Happening]:
    facts = [read(one["value"], one["service"], one["partition"], one["position"]) for one in records]
    if inquiry.caller.role in OWN:
        return await unsealed(inquiry.vault, inquiry.caller.org_id, facts)
    return [sealed(fact) for fact in facts]


TIMELINE = Query(
    method="GET",
    path="/customers/{id}/timeline",
    roles=HISTORY,
    handler=timeline,
    views=(IDENTITY, JOURNAL),
    of=MADE_OF,
    params=TimelineAsked,
    answer=Timeline,
    summary="Everything that happened with a customer",
    moment="as_of",
)
