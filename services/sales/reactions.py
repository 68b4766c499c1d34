"""What sales does about others' events: a purchase becomes the contact's whose identifier it names.

A purchase waits for an unknown identifier in the reaction's memory. When many wait for one identifier they
are set aside in a stream of their own; the memory knows the last such stream, and each of them the one
before. Once somebody has the identifier they are called up, one stream after another. So any number of
purchases may wait: no row, no event and no batch grows with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from kernel.reaction.reaction import Digest, Issue, Reaction
from kernel.taking.fact import Fact
from services.contacts.events import ContactClosed, ContactReopened, IdentifierAdded, IdentifierRemoved
from services.sales import waiting
from services.sales.commands import AttributePurchase, CallPurchasesUp, SetPurchasesAside
from services.sales.events import MOST_SET_ASIDE, PurchaseRecorded, PurchasesCalledUp


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
    """Fewer than are set aside at once."""
    set_aside: UUID | None = None
    """The stream of those that were set aside last and are not called up yet."""

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
        case PurchasesCalledUp(identifier=identifier):
            return (f"{identifier.kind.value}/{identifier.digest}",)
        case PurchaseRecorded(contact_id=None, identifier=identifier) if identifier is not None:
            return (f"{identifier.kind.value}/{identifier.digest}",)
        case _:
            return ()


def fold(known: Known, fact: Fact[Any]) -> Known:
    """Remembers who holds the identifier, or which purchase waits for it."""
    match fact.event:
        case PurchasesCalledUp():
            return known
        case PurchaseRecorded():
            return known if known.contact_id else _waits(known, fact)
    after = replace(known, holders=_holders(known.holders, fact))
    return replace(after, waiting=(), set_aside=None) if after.contact_id else after


def _waits(known: Known, fact: Fact[Any]) -> Known:
    """One more waits; as many as are set aside at once make room."""
    all_waiting = (*known.waiting, fact.envelope.stream_id)
    if len(all_waiting) < MOST_SET_ASIDE:
        return replace(known, waiting=all_waiting)
    return replace(known, waiting=(), set_aside=waiting.stream_for(fact.org_id, all_waiting))


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
    event, contact_id = fact.event, after.contact_id
    match event:
        case PurchasesCalledUp():
            return _attribute(event.contact_id, event.purchases, event.earlier)
        case PurchaseRecorded() if contact_id is not None:
            return _attribute(contact_id, [fact.envelope.stream_id])
        case PurchaseRecorded() if after.set_aside != before.set_aside:
            purchases = (*before.waiting, fact.envelope.stream_id)
            return [_set_aside(fact, purchases, earlier=before.set_aside)]
        case PurchaseRecorded():
            return []
    return [] if contact_id is None else _attribute(contact_id, before.waiting, before.set_aside)


def _attribute(contact_id: UUID, purchases: Iterable[UUID], set_aside: UUID | None = None) -> Iterable[Issue]:
    """These now; then those that are set aside are called up."""
    for purchase_id in purchases:
        yield Issue(purchase_id, AttributePurchase(contact_id=contact_id))
    if set_aside is not None:
        yield Issue(set_aside, CallPurchasesUp(contact_id=contact_id))


def _set_aside(fact: Fact[Any], purchases: tuple[UUID, ...], earlier: UUID | None) -> Issue:
    command = SetPurchasesAside(identifier=fact.event.identifier, purchases=purchases, earlier=earlier)
    return Issue(waiting.stream_of(fact.org_id, command), command)


ATTRIBUTE_PURCHASE = Reaction(
    name="attribute_purchase",
    hears=(
        IdentifierAdded,
        IdentifierRemoved,
        ContactClosed,
        ContactReopened,
        PurchaseRecorded,
        PurchasesCalledUp,
    ),
    memory=Known,
    keys=keys,
    fold=fold,
    react=react,
    whole_stream=(ContactClosed, ContactReopened),
    from_beginning=True,
    imported=True,
    personal=True,
)
