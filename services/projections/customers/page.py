"""One customer on one page: GET /customers/{id}?on=DATE, by the id of any of its contacts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import msgspec
from pydantic import AfterValidator, Field

from kernel.view import reading
from kernel.web.inquiry import Inquiry
from kernel.web.service import Query
from lib.records import Record
from lib.times import Day
from services.contacts.events.preferences import Frequency, QuietHours
from services.projections.customers.consent import Consent, consents
from services.projections.customers.customer_360 import (
    CUSTOMER_360,
    Channels,
    Chosen,
    Customer360,
    Interaction,
    Preferences,
    Shipment,
)
from services.projections.customers.person import PERSON, Person
from services.projections.customers.purchases import Purchases, purchases
from services.projections.customers.relations import Related, related
from services.projections.customers.roles import CLEAR, OWN
from services.projections.customers.spending import Spendings
from services.projections.customers.value_tiers import VALUE_TIERS, TierStanding, thresholds, tier_standing
from services.projections.shared.identity import IDENTITY, customer_asked


def _since_1900(day: date) -> date:
    if day.year < 1900:
        raise ValueError("value tiers are told from 1900 on")
    return day


class CustomerAsked(Record):
    """A customer, by its own id or by that of any of its contacts."""

    id: UUID
    on: Annotated[Day, AfterValidator(_since_1900), Field(examples=["2017-12-31"])] | None = None
    """The value tier counts the twelve whole months before the month of this day; omitted: today."""


class Preferred(msgspec.Struct, frozen=True):
    """The latest of each kind that any of the contacts said; null: never said."""

    channels: Channels | None
    frequency: Frequency | None
    language: str | None
    topics: tuple[str, ...] | None
    quiet_hours: QuietHours | None
    shipment: Shipment | None


class Interactions(msgspec.Struct, frozen=True):
    """How often they met, and the last ten times, latest first."""

    count: int
    recent: tuple[Interaction, ...]


class Customer(msgspec.Struct, frozen=True):
    """Everything known of a customer now; of all its contacts together."""

    customer_id: UUID
    """Another than the asked one, where that contact was merged."""
    contacts: tuple[Person, ...]
    """The surviving contact first."""
    preferences: Preferred
    consents: tuple[Consent, ...]
    relations: tuple[Related, ...]
    interactions: Interactions
    purchases: tuple[Purchases, ...]
    value_tier: TierStanding | None
    """Null: the organisation has set no tiers."""


async def customer(inquiry: Inquiry, params: CustomerAsked) -> Customer | None:
    """None where the caller may see no such contact."""
    db = inquiry.db
    if (found := await customer_asked(inquiry, params.id)) is None:
        return None
    keys = [(contact,) for contact in sorted(found.contacts, key=lambda one: (one != found.customer_id, one))]
    persons = await reading.rows(db, PERSON, keys)
    parts = await reading.rows(db, CUSTOMER_360, keys)
    whole = CUSTOMER_360.combined([*parts.values()] or [Customer360(found.customer_id)])
    return Customer(
        found.customer_id,
        tuple(persons[key] for key in keys if key in persons),
        preferred(whole.preferences.value),
        consents(whole.consents.value, datetime.now(UTC)),
        await related(db, found.contacts, whole.relations.value, named=inquiry.caller.role in CLEAR),
        Interactions(whole.interactions, whole.recent.value),
        purchases(whole.spending.value),
        await _value_tier(db, whole.spending.value, params.on or datetime.now(UTC).date()),
    )


def preferred(preferences: Preferences) -> Preferred:
    """The preferences without what said so."""
    chosen = {name: getattr(preferences, name) for name in Preferred.__struct_fields__}
    return Preferred(**{name: _value(one) for name, one in chosen.items()})


def _value(chosen: Chosen[Any] | None) -> Any:
    return None if chosen is None else chosen.value


async def _value_tier(db: asyncpg.Connection, spendings: Spendings, on: date) -> TierStanding | None:
    found = await thresholds(db)
    return tier_standing(spendings, *found, on) if found else None


CUSTOMER = Query(
    method="GET",
    path="/customers/{id}",
    roles=OWN,
    handler=customer,
    views=(IDENTITY, PERSON, CUSTOMER_360, VALUE_TIERS),
    params=CustomerAsked,
    answer=Customer,
    summary="One customer on one page",
)
