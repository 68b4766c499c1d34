"""One customer on one page: GET /customers/{id}?on=DATE&as_of=TIME, by the id of any of its contacts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from kernel.view import reading
from kernel.web.inquiry import Inquiry
from kernel.web.service import Query
from lib.records import Record
from lib.times import Day
from services.projections.customers.customer_360 import CUSTOMER_360
from services.projections.customers.page.showing import Customer, Known, page
from services.projections.customers.past.recalling import MADE_OF, RECALLED, recall
from services.projections.customers.person import PERSON
from services.projections.customers.relations import inward, names_of, others
from services.projections.customers.roles import CLEAR, OWN
from services.projections.customers.value_tiers import VALUE_TIERS, thresholds
from services.projections.shared.identity import IDENTITY, customer_asked, surviving_first
from services.projections.shared.memory import TOO_MANY
from services.projections.shared.moments import AsOf


def _since_1900(day: date) -> date:
    if day.year < 1900:
        raise ValueError("value tiers are told from 1900 on")
    return day


TierDay = Annotated[Day, AfterValidator(_since_1900), Field(examples=["2017-12-31"])]


class CustomerAsked(Record):
    """A customer, by its own id or by that of any of its contacts."""

    id: UUID
    on: TierDay | None = None
    """The value tier counts the twelve whole months before the month of this day; omitted: today, or then."""
    as_of: AsOf | None = None


async def customer(inquiry: Inquiry, params: CustomerAsked) -> Customer | None:
    """None where the caller may see no such contact."""
    if params.as_of is not None:
        recalled = await recall(inquiry, params.id, params.as_of, params.on)
        return page(recalled.known()) if recalled else None
    known = await _known_now(inquiry, params)
    return page(known) if known else None


async def _known_now(inquiry: Inquiry, params: CustomerAsked) -> Known | None:
    db, now = inquiry.db, datetime.now(UTC)
    if (found := await customer_asked(inquiry, params.id)) is None:
        return None
    keys = [(contact,) for contact in surviving_first(found)]
    persons = await reading.rows(db, PERSON, keys)
    parts = list((await reading.rows(db, CUSTOMER_360, keys)).values())
    saying = await inward(db, found.contacts)
    named = others(parts, saying) if inquiry.caller.role in CLEAR else ()
    return Known(
        customer=found,
        persons=[persons[key] for key in keys if key in persons],
        parts=parts,
        inward=saying,
        names=await names_of(db, named),
        tiers=await thresholds(db),
        at=now,
        on=params.on or now.date(),
    )


CUSTOMER = Query(
    method="GET",
    path="/customers/{id}",
    roles=OWN,
    handler=customer,
    views=(IDENTITY, PERSON, CUSTOMER_360, VALUE_TIERS),
    params=CustomerAsked,
    answer=Customer,
    summary="One customer on one page",
    moment="as_of",
    past=RECALLED,
    of=MADE_OF,
    refusals=(TOO_MANY,),
)
