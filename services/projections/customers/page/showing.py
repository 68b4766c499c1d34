"""What a customer's page shows, made from the rows of its contacts: pure, for now and for any other time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple, get_args
from uuid import UUID

import msgspec

from kernel.log.facts import Event
from services.contacts import events as contacts
from services.contacts.events.preferences import Frequency, QuietHours
from services.projections.customers.consent import Consent, consents
from services.projections.customers.customer_360 import (
    CUSTOMER_360,
    PREFERENCES,
    Channels,
    Chosen,
    Customer360,
    Interaction,
    Preferences,
    Shipment,
)
from services.projections.customers.person import PERSON, Person
from services.projections.customers.purchases import Purchases, purchases
from services.projections.customers.relations import Related, ends, related
from services.projections.customers.value_tiers import Tiers, TierStanding, tier_standing
from services.projections.shared.identity import IDENTITY, CustomerContacts
from services.sales import events as sales


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
    """Everything known of a customer; of all its contacts together."""

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


@dataclass(frozen=True)
class Known:
    """The rows that a page is made of. `at` is when it is asked for, or for when."""

    customer: CustomerContacts
    persons: Sequence[Person]
    """The surviving contact first."""
    parts: Sequence[Customer360]
    inward: Collection[Customer360]
    """The contacts that say something of this customer."""
    names: Mapping[UUID, str | None]
    """What others are called, as far as the caller may know it."""
    tiers: Tiers | None
    at: datetime
    on: date

    @cached_property
    def whole(self) -> Customer360:
        """Its contacts as one."""
        return CUSTOMER_360.combined(self.parts or [Customer360(self.customer.customer_id)])


def page(known: Known) -> Customer:
    """All sections."""
    return Customer(**{name: section.show(known) for name, section in SECTIONS.items()})


def _preferred(known: Known) -> Preferred:
    """The preferences without what said so."""
    said: Preferences = known.whole.preferences.value
    return Preferred(**{name: _value(getattr(said, name)) for name in Preferred.__struct_fields__})


def _value(chosen: Chosen[Any] | None) -> Any:
    return None if chosen is None else chosen.value


def _related(known: Known) -> tuple[Related, ...]:
    found = ends(known.customer.contacts, known.whole.relations.value, known.inward)
    return related(found, known.names)


def _value_tier(known: Known) -> TierStanding | None:
    return tier_standing(known.whole.spending.value, *known.tiers, known.on) if known.tiers else None


class Section(NamedTuple):
    """One field of a page, by itself."""

    show: Callable[[Known], Any]
    made_of: tuple[type[Event], ...]
    """No other event changes it."""


BOUGHT = (sales.PurchaseRecorded, sales.PurchaseAttributed, sales.PurchaseReturned)

SECTIONS: Mapping[str, Section] = {
    "customer_id": Section(lambda known: known.customer.customer_id, IDENTITY.reads),
    "contacts": Section(lambda known: tuple(known.persons), PERSON.reads),
    "preferences": Section(_preferred, tuple(PREFERENCES)),
    "consents": Section(
        lambda known: consents(known.whole.consents.value, known.at), get_args(contacts.ConsentEvent)
    ),
    "relations": Section(
        _related, (*get_args(contacts.RelationEvent), contacts.ContactRegistered, contacts.NameCorrected)
    ),
    "interactions": Section(
        lambda known: Interactions(known.whole.interactions, known.whole.recent.value),
        (contacts.InteractionRecorded,),
    ),
    "purchases": Section(lambda known: purchases(known.whole.spending.value), BOUGHT),
    "value_tier": Section(_value_tier, (*BOUGHT, sales.ValueTiersSet)),
}
"""The fields of a page, by their names."""
