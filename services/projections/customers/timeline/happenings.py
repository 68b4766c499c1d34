"""What the journal keeps, as people read it: by kind, its personal parts opened for who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, get_args
from uuid import UUID

import msgspec

from kernel.log import envelope as envelopes
from kernel.log.envelope import Origin
from kernel.log.facts import Event, decode, encode, type_of
from kernel.taking.fact import Fact
from kernel.taking.opening import opened, person_of
from kernel.vault.sealing import CannotOpen, Key
from kernel.vault.vault import Vault
from services.contacts import events as contacts
from services.sales import events as sales


class Kind(StrEnum):
    """What an event is about."""

    MASTER_DATA = "master-data"
    IDENTIFIERS = "identifiers"
    PREFERENCES = "preferences"
    CONSENT = "consent"
    INTERACTIONS = "interactions"
    RELATIONS = "relations"
    MERGES = "merges"
    PURCHASES = "purchases"


KINDS: Mapping[Kind, tuple[type[Event], ...]] = {
    Kind.MASTER_DATA: get_args(contacts.MasterDataEvent),
    Kind.IDENTIFIERS: get_args(contacts.IdentifierEvent),
    Kind.PREFERENCES: get_args(contacts.PreferenceEvent),
    Kind.CONSENT: get_args(contacts.ConsentEvent),
    Kind.INTERACTIONS: (contacts.InteractionRecorded,),
    Kind.RELATIONS: get_args(contacts.RelationEvent),
    Kind.MERGES: get_args(contacts.MergeEvent),
    Kind.PURCHASES: (sales.PurchaseRecorded, sales.PurchaseAttributed, sales.PurchaseReturned),
}
_KNOWN = {type_of(cls): (kind, cls) for kind, classes in KINDS.items() for cls in classes}


class PersonalPart(StrEnum):
    """Open: shown. Sealed: not for the caller's role. Erased: its key is destroyed; nobody can read it."""

    NONE = "none"
    OPEN = "open"
    SEALED = "sealed"
    ERASED = "erased"


class Happening(msgspec.Struct, frozen=True):
    """One event of a customer's."""

    event_id: UUID
    service: str
    kind: Kind
    type: str
    """`InteractionRecorded`."""
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    origin: Origin
    contact_ids: tuple[UUID, ...]
    """Whom it speaks of."""
    stream_id: UUID
    correlation_id: UUID
    causation_id: UUID | None
    data: msgspec.Raw
    """What it says in the open, as the newest version of its type has it."""
    personal: msgspec.Raw | None
    """What it says of a person."""
    personal_part: PersonalPart


def types_of(kind: Kind | None) -> list[str]:
    """The types of a kind as they travel; of all kinds."""
    return [name for name, (found, _) in _KNOWN.items() if kind in (None, found)]


def read(value: bytes, service: str, partition: int, position: int) -> Fact[Any]:
    """The event in an entry of the journal, its personal part sealed."""
    envelope = envelopes.read(value)
    _, cls = _KNOWN[envelope.type]
    event = decode(cls, envelope.schema_version, bytes(envelope.data))
    return Fact(event, envelope, partition, position, service, value)


async def unsealed(vault: Vault, org_id: UUID, facts: Iterable[Fact[Any]]) -> list[Happening]:
    """The events with their personal parts."""
    facts = list(facts)
    keys = await vault.keys(org_id, {person_of(fact) for fact in facts if fact.envelope.sealed})
    return [_unsealed(fact, keys) for fact in facts]


def _unsealed(fact: Fact[Any], keys: Mapping[UUID, Key]) -> Happening:
    if not fact.envelope.sealed:
        return sealed(fact)
    key = keys.get(person_of(fact))
    if key is None:
        return _happening(fact, PersonalPart.ERASED)
    try:
        return _happening(opened(fact, key), PersonalPart.OPEN)
    except CannotOpen:
        return _happening(fact, PersonalPart.SEALED)


def sealed(fact: Fact[Any]) -> Happening:
    """The event without its personal part."""
    return _happening(fact, PersonalPart.SEALED if fact.envelope.sealed else PersonalPart.NONE)


def _happening(fact: Fact[Any], part: PersonalPart) -> Happening:
    envelope = fact.envelope
    data, personal = encode(fact.event)
    return Happening(
        envelope.event_id,
        fact.service,
        _KNOWN[envelope.type][0],
        type(fact.event).__name__,
        envelope.occurred_at,
        envelope.recorded_at,
        envelope.actor,
        envelope.origin,
        fact.event.subjects(),
        envelope.stream_id,
        envelope.correlation_id,
        envelope.causation_id,
        msgspec.Raw(data),
        None if personal is None else msgspec.Raw(personal),
        part,
    )
