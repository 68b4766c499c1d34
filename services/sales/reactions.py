"""What sales does about others' events: a purchase becomes the contact's whose identifier it names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from kernel.reaction.reaction import Digest, Issue, Reaction
from kernel.view.fact import Fact
from services.contacts.events import ContactClosed, ContactReopened, IdentifierAdded, IdentifierRemoved
from services.sales.commands import AttributePurchase
from services.sales.events import PurchaseRecorded

MOST_WAITING = 10_000
"""Purchases that wait for one identifier; more are nobody's, like those of a card that a shop lends out."""


class Holder(msgspec.Struct, frozen=True):
    """A contact that was given the identifier and has not lost it."""

    contact_id: UUID
    since: datetime
    """Since when it has it, without interruption."""
    closed: bool = False
    """Closed, it has the identifier no more, until it is opened again."""


class Known(msgspec.Struct, frozen=True):
    """What is known of one identifier: who holds it, and which purchases wait until somebody does."""

    holders: tuple[Holder, ...] = ()
    """Several where others are closed, and while the facts of two contacts overtake each other."""
    waiting: tuple[UUID, ...] = ()

    @property
    def contact_id(self) -> UUID | None:
        """Whose it is: the open contact's that was given it last."""
        having = [holder for holder in self.holders if not holder.closed]
        last = max(having, key=lambda holder: (holder.since, holder.contact_id), default=None)
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
    if isinstance(fact.event, PurchaseRecorded):
        if known.contact_id or len(known.waiting) == MOST_WAITING:
            return known
        return replace(known, waiting=(*known.waiting, fact.envelope.stream_id))
    after = replace(known, holders=_holders(known.holders, fact))
    return replace(after, waiting=()) if after.contact_id else after


def _holders(holders: tuple[Holder, ...], fact: Fact[Any]) -> tuple[Holder, ...]:
    """Who holds it after a fact about one contact: nobody else's hold changes."""
    contact_id, at = fact.event.contact_id, fact.envelope.recorded_at
    others = tuple(holder for holder in holders if holder.contact_id != contact_id)
    held = len(others) < len(holders)
    match fact.event:
        case IdentifierAdded():
            return (*others, Holder(contact_id, at))
        case ContactReopened() if held:
            return (*others, Holder(contact_id, at))
        case ContactClosed() if held:
            return (*others, Holder(contact_id, at, closed=True))
    return others


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
    hears=(IdentifierAdded, IdentifierRemoved, ContactClosed, ContactReopened, PurchaseRecorded),
    memory=Known,
    keys=keys,
    fold=fold,
    react=react,
    whole_stream=(ContactClosed, ContactReopened),
    from_beginning=True,
    imported=True,
    personal=True,
)
