"""The version of a contact that is to be matched: what is compared moves it, and whose it is; no more."""

from __future__ import annotations

from uuid import UUID

import pytest

from kernel.log.facts import Event
from kernel.taking.fact import Fact
from services.contacts import events
from services.contacts.events.contact import ClosingReason
from services.contacts.events.words import AddressUse, ContactKind
from services.projections.sharing.matchable import MATCHABLE, Matchable
from tests.folding import fold_all
from tests.parcels.log import ORG, enveloped

ANNA, BEN, MERGE = UUID(int=1), UUID(int=2), UUID(int=3)
REGISTERED = events.ContactRegistered(contact_id=ANNA, kind=ContactKind.PERSON)


def fact(version: int, event: Event) -> Fact[Event]:
    return Fact(
        event, enveloped(ORG, ANNA, event, version, 10 * version, version), 0, 10 * version, "contacts", b""
    )


def row(*told: Event) -> Matchable:
    facts = [fact(version, event) for version, event in enumerate(told, 1) if type(event) in MATCHABLE.reads]
    [found] = fold_all(MATCHABLE, facts).values()
    return found


@pytest.mark.parametrize(
    "event",
    [
        events.NameCorrected(contact_id=ANNA),
        events.AddressRemoved(contact_id=ANNA, use=AddressUse.HOME),
        events.ContactClosed(contact_id=ANNA, reason=ClosingReason.GONE),
        events.ContactReopened(contact_id=ANNA),
        events.CustomerJoined(contact_id=ANNA, merge_id=MERGE, customer_id=BEN, former_customer_id=ANNA),
        events.CustomerLeft(contact_id=ANNA, merge_id=MERGE, customer_id=ANNA, left_customer_id=BEN),
        events.ContactsAbsorbed(contact_id=ANNA, merge_id=MERGE, contacts=(BEN,)),
        events.ContactsReleased(contact_id=ANNA, merge_id=MERGE, contacts=(BEN,)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_is_compared_and_whose_it_is_move_it(event: Event):
    assert row(REGISTERED, event) == Matchable(ANNA, 2, 20)


def test_who_looks_after_the_contact_does_not():
    assert row(REGISTERED, events.OwnerAssigned(contact_id=ANNA)) == Matchable(ANNA, 1, 10)
