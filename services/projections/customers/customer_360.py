"""What is known of a contact besides its personal values: preferences, consent, relations, purchases …"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from kernel.taking.fact import Fact
from kernel.view.parts import Part
from kernel.view.view import Key, Term, View
from services.contacts import events as contacts
from services.contacts.events.interactions import Direction
from services.contacts.events.preferences import Delivery, Frequency, QuietHours
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import AddressUse, Channel, ExternalReference
from services.projections.customers import consent, spending
from services.projections.customers.consent import ConsentStandings
from services.projections.customers.spending import Spendings
from services.sales import events as sales

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    partition smallint NOT NULL,
    preferences json NOT NULL,
    consents json NOT NULL,
    relations json NOT NULL,
    interactions bigint NOT NULL,
    recent json NOT NULL,
    spending json NOT NULL,
    PRIMARY KEY (org_id, contact_id, partition)
) WITH (toast_tuple_target = 8160)"""

T = TypeVar("T")


class Chosen(msgspec.Struct, Generic[T], frozen=True):
    """A preference, and the event that said so."""

    value: T
    recorded_at: datetime
    event_id: UUID


class Channels(msgspec.Struct, frozen=True):
    """How the contact likes to be reached, best first, and how not."""

    preferred: tuple[Channel, ...]
    avoided: tuple[Channel, ...]


class Shipment(msgspec.Struct, frozen=True):
    """How the contact wants goods to be sent."""

    delivery: Delivery
    carrier: str | None
    address_use: AddressUse | None


class Preferences(msgspec.Struct, frozen=True):
    """The latest of each kind; None: never said."""

    channels: Chosen[Channels] | None = None
    frequency: Chosen[Frequency] | None = None
    language: Chosen[str] | None = None
    topics: Chosen[tuple[str, ...]] | None = None
    quiet_hours: Chosen[QuietHours | None] | None = None
    shipment: Chosen[Shipment] | None = None


class Relation(msgspec.Struct, frozen=True):
    """How the contact says that it stands to another one."""

    kind: RelationKind
    other_id: UUID
    recorded_at: datetime
    event_id: UUID


class Interaction(msgspec.Struct, frozen=True):
    """That they met, not what was said."""

    happened_at: datetime
    event_id: UUID
    direction: Direction
    channel: Channel
    employee_id: UUID | None
    reference: ExternalReference | None


class Customer360(msgspec.Struct, frozen=True):
    """One contact, as far as one partition's facts tell."""

    contact_id: UUID
    preferences: Part[Preferences] = Part(Preferences())
    consents: Part[ConsentStandings] = Part({})
    relations: Part[Mapping[str, Relation]] = Part({})
    interactions: int = 0
    recent: Part[tuple[Interaction, ...]] = Part(())
    """The last ten by their own time, latest first."""
    spending: Part[Spendings] = Part({})


RECENT = 10

PREFERENCES: dict[type, str] = {
    contacts.ChannelsPreferred: "channels",
    contacts.FrequencyPreferred: "frequency",
    contacts.LanguagePreferred: "language",
    contacts.TopicsPreferred: "topics",
    contacts.QuietHoursPreferred: "quiet_hours",
    contacts.ShipmentPreferred: "shipment",
}

READS = (
    *PREFERENCES,
    contacts.ConsentGiven,
    contacts.ConsentWithdrawn,
    contacts.RelationAdded,
    contacts.RelationEnded,
    contacts.InteractionRecorded,
    sales.PurchaseRecorded,
    sales.PurchaseAttributed,
    sales.PurchaseReturned,
)


def keys(fact: Fact[Any]) -> list[Key]:
    """A purchase counts once it is known whose it is. A relation is kept by the one who says so, who has few;
    the other one, who may have many, finds it by its terms."""
    contact = fact.event.contact_id
    return [] if contact is None else [(contact,)]


def fold(row: Customer360, fact: Fact[Any]) -> Customer360:
    event = fact.event
    match event:
        case sales.PurchaseRecorded() | sales.PurchaseAttributed():
            return replace(row, spending=Part(spending.bought(row.spending.value, fact)))
        case sales.PurchaseReturned():
            return replace(row, spending=Part(spending.returned(row.spending.value, fact)))
        case contacts.InteractionRecorded():
            latest = _with(row.recent.value, _interaction(fact))
            return replace(row, interactions=row.interactions + 1, recent=Part(latest))
        case contacts.ConsentGiven() | contacts.ConsentWithdrawn():
            return replace(row, consents=Part(consent.noted(row.consents.value, fact)))
        case contacts.RelationAdded() | contacts.RelationEnded():
            return replace(row, relations=Part(_related(row, fact)))
        case _:
            return replace(row, preferences=Part(_preferring(row.preferences.value, fact)))


def _preferring(preferences: Preferences, fact: Fact[Any]) -> Preferences:
    match fact.event:
        case contacts.ChannelsPreferred(preferred=preferred, avoided=avoided):
            value: object = Channels(preferred, avoided)
        case contacts.ShipmentPreferred(delivery=delivery, carrier=carrier, address_use=use):
            value = Shipment(delivery, carrier, use)
        case event:
            value = getattr(event, PREFERENCES[type(event)])
    chosen = Chosen(value, fact.envelope.recorded_at, fact.envelope.event_id)
    return replace(preferences, **{PREFERENCES[type(fact.event)]: chosen})


def _interaction(fact: Fact[Any]) -> Interaction:
    event: contacts.InteractionRecorded = fact.event
    return Interaction(
        event.happened_at,
        fact.envelope.event_id,
        event.direction,
        event.channel,
        event.employee_id,
        event.reference,
    )


def _related(row: Customer360, fact: Fact[Any]) -> Mapping[str, Relation]:
    event: contacts.RelationAdded | contacts.RelationEnded = fact.event
    place = f"{event.kind} {event.other_id}"
    rest = {known: relation for known, relation in row.relations.value.items() if known != place}
    if isinstance(event, contacts.RelationEnded):
        return rest
    envelope = fact.envelope
    said = Relation(event.kind, event.other_id, envelope.recorded_at, envelope.event_id)
    return {**rest, place: said}


def recent(interactions: Iterable[Interaction]) -> tuple[Interaction, ...]:
    """The last ten, latest first; at the same moment the greater id first."""
    latest_first = sorted(interactions, key=lambda one: (one.happened_at, one.event_id), reverse=True)
    return tuple(latest_first[:RECENT])


def _with(latest: tuple[Interaction, ...], new: Interaction) -> tuple[Interaction, ...]:
    """recent() of those and one more."""
    at, place = new.happened_at, len(latest)
    while place and latest[place - 1].happened_at < at:
        place -= 1
    while place and latest[place - 1].happened_at == at and latest[place - 1].event_id < new.event_id:
        place -= 1
    return (*latest[:place], new, *latest[place:])[:RECENT]


def combine(rows: Sequence[Customer360]) -> Customer360:
    """The parts of a contact, or the contacts of a customer, as one."""
    return Customer360(
        min(row.contact_id for row in rows),
        Part(_latest([row.preferences.value for row in rows])),
        Part(consent.joined(row.consents.value for row in rows)),
        Part(_relations(rows)),
        sum(row.interactions for row in rows),
        Part(recent(one for row in rows for one in row.recent.value)),
        Part(spending.summed(row.spending.value for row in rows)),
    )


def _latest(several: Sequence[Preferences]) -> Preferences:
    found: dict[str, Any] = {}
    for name in Preferences.__struct_fields__:
        chosen = [value for one in several if (value := getattr(one, name)) is not None]
        found[name] = max(chosen, key=lambda value: (value.recorded_at, value.event_id), default=None)
    return Preferences(**found)


def _relations(rows: Sequence[Customer360]) -> Mapping[str, Relation]:
    pairs = [pair for row in rows for pair in row.relations.value.items()]
    return dict(sorted(pairs, key=lambda pair: (pair[1].recorded_at, pair[1].event_id)))


def terms(row: Customer360) -> Sequence[Term]:
    """To whom it stands how."""
    said = row.relations.value
    return [(relation.kind.value, str(relation.other_id)) for relation in said.values()] if said else ()


CUSTOMER_360 = View(
    name="customer_360",
    number=1,
    row=Customer360,
    key=("contact_id",),
    reads=READS,
    keys=keys,
    fold=fold,
    combine=combine,
    terms=terms,
    table=TABLE,
)
