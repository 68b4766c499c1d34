"""What sales does about others' events: a purchase becomes the contact's whose identifier it names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kernel.reaction.reaction import Digest, Issue, Reaction
from kernel.view.fact import Fact
from services.contacts.events import IdentifierAdded, IdentifierRemoved
from services.sales.commands import AttributePurchase
from services.sales.events import PurchaseRecorded

MOST_WAITING = 10_000
"""Purchases that wait for one identifier; more are nobody's, like those of a card that a shop lends out."""


class Holder(msgspec.Struct, frozen=True):
    """A contact that was given the identifier and has not lost it."""

    contact_id: UUID
    since: datetime


class Known(msgspec.Struct, frozen=True):
    """What is known of one identifier: who holds it, and which purchases wait until somebody does."""

    holders: tuple[Holder, ...] = ()
    """Several only while the facts of two contacts overtake each other."""
    waiting: tuple[UUID, ...] = ()

    @property
    def contact_id(self) -> UUID | None:
        """Whose it is: the contact's that was given it last."""
        last = max(self.holders, key=lambda holder: (holder.since, holder.contact_id), default=None)
        return last.contact_id if last else None


def keys(fact: Fact[Any], digest: Digest) -> Iterable[str]:
    """The identifier's keyed digest; that of an erased person is unknown, and a named contact needs none."""
    match fact.event:
        case IdentifierAdded() | IdentifierRemoved() as event if event.personal is not None:
            return (f"{event.kind.value}/{digest(event.kind.value, event.personal.value)}",)
        case PurchaseRecorded(contact_id=None, identifier=identifier) if identifier is not None:
            return (f"{identifier.kind.value}/{identifier.digest}",)
        case _:
            return ()


def fold(known: Known, fact: Fact[Any]) -> Known:
    """Remembers who holds the identifier, or which purchase waits for it."""
    match fact.event:
        case IdentifierAdded(contact_id=contact_id):
            holder = Holder(contact_id, fact.envelope.recorded_at)
            return Known(holders=(*known.holders, holder))
        case IdentifierRemoved(contact_id=contact_id):
            rest = tuple(holder for holder in known.holders if holder.contact_id != contact_id)
            return msgspec.structs.replace(known, holders=rest)
        case _ if known.holders or len(known.waiting) == MOST_WAITING:
            return known
        case _:
            return msgspec.structs.replace(known, waiting=(*known.waiting, fact.envelope.stream_id))


def react(before: Known, after: Known, fact: Fact[Any]) -> Iterable[Issue]:
    """Attributes a purchase whose identifier is known, and when it becomes known all those that wait."""
    contact_id = after.contact_id
    if contact_id is None:
        return []
    found = before.waiting
    if isinstance(fact.event, PurchaseRecorded):
        found = (fact.envelope.stream_id,)
    return [Issue(purchase_id, AttributePurchase(contact_id=contact_id)) for purchase_id in found]


ATTRIBUTE_PURCHASE = Reaction(
    name="attribute_purchase",
    hears=(IdentifierAdded, IdentifierRemoved, PurchaseRecorded),
    memory=Known,
    keys=keys,
    fold=fold,
    react=react,
    from_beginning=True,
    imported=True,
    personal=True,
)
