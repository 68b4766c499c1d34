"""What is known of a contact when a wish about it is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from kernel.aggregate import Claimed
from kernel.commands import Command
from kernel.log.facts import Event
from services.contacts.events import ConsentEvent, PreferenceEvent
from services.contacts.events.consent import ConsentChannel
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import Address, AddressUse, ContactKind, Name


class ConsentKey(NamedTuple):
    """For what, by which way and by whom a contact may be reached."""

    purpose: str
    channel: ConsentChannel
    recipient_id: UUID | None


class Join(NamedTuple):
    """A merge that brought the contact to another customer."""

    merge_id: UUID
    customer_id: UUID
    former_customer_id: UUID


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact. Whatever is personal is missing once the person was erased."""

    contact_id: UUID
    kind: ContactKind | None = None
    """None: not registered."""
    closed: bool = False
    name: Name | None = None
    birth_date: date | None = None
    addresses: Mapping[AddressUse, Address | None] = field(default_factory=dict)
    owner_id: UUID | None = None
    team_id: UUID | None = None
    identifiers: Mapping[Claimed, bool] = field(default_factory=dict)
    """Kind and value → whether it is verified."""
    preferences: Mapping[type[PreferenceEvent], PreferenceEvent] = field(default_factory=dict)
    """The last word on each."""
    consents: Mapping[ConsentKey, tuple[ConsentEvent, ...]] = field(default_factory=dict)
    """All that was said of each, the last word last."""
    relations: frozenset[tuple[RelationKind, UUID]] = frozenset()
    joins: tuple[Join, ...] = ()
    """The merges that stand and moved this contact, the last one last."""
    customer_id: UUID | None = None
    """Another contact's, once it has joined that; see `customer`."""
    merges: Mapping[UUID, tuple[UUID, ...]] = field(default_factory=dict)
    """The merges that stand and in which this contact survived, with the contacts that each brought."""
    undone: frozenset[UUID] = frozenset()
    """The merges that moved this contact, or in which it survived, and that do not stand any more."""

    @property
    def customer(self) -> UUID:
        """The id of the customer that the contact belongs to: that of the surviving contact."""
        return self.customer_id or self.contact_id

    @property
    def absorbed(self) -> tuple[UUID, ...]:
        """The other contacts of the customer that bears this contact's id."""
        return tuple(contact for contacts in self.merges.values() for contact in contacts)


Decisions = Mapping[type[Command], Callable[[Any, Contact, datetime], list[Event]]]
"""Which function decides on which wish."""
