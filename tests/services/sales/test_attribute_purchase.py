"""Whichever fact comes first, a purchase is attributed once to the contact that holds its identifier."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.log.facts import Event, service_of
from kernel.log.partitions import partition_of
from kernel.view.fact import Fact
from lib.identifiers import IdentifierDigest, IdentifierKind
from services.contacts.events import IdentifierAdded, IdentifierRemoved
from services.sales.commands import AttributePurchase
from services.sales.events import PurchaseRecorded
from services.sales.reactions import ATTRIBUTE_PURCHASE, Known
from tests.parcels.log import ORG, enveloped
from tests.services.sales.deciding import ANNA, BERT, line, recorded

CARD, OTHER = "2900017", "2900018"


def digest(kind: str, value: str) -> str:
    return sha256(f"{kind}/{value}".encode()).hexdigest()[:32]


def fact(stream_id: UUID, version: int, event: Event, second: int = 0) -> Fact[Any]:
    """The event as its reaction meets it, its personal part open."""
    envelope = enveloped(ORG, stream_id, event, version, 1, second)
    partition = partition_of(stream_id)
    return Fact(event, envelope, partition, 1, service_of(type(event)), b"")


def added(contact: UUID, card: str = CARD, version: int = 1, second: int = 0) -> Fact[Any]:
    personal = IdentifierAdded.Personal(value=card)
    event = IdentifierAdded(contact_id=contact, kind=IdentifierKind.LOYALTY_CARD, personal=personal)
    return fact(contact, version, event, second)


def removed(contact: UUID, card: str = CARD, version: int = 2, second: int = 1) -> Fact[Any]:
    personal = IdentifierRemoved.Personal(value=card)
    event = IdentifierRemoved(contact_id=contact, kind=IdentifierKind.LOYALTY_CARD, personal=personal)
    return fact(contact, version, event, second)


def bought(number: int, card: str | None = CARD, contact: UUID | None = None) -> Fact[Any]:
    identifier = {"kind": "loyalty-card", "digest": digest("loyalty-card", card)} if card else None
    (event,) = recorded(line(), identifier=identifier, contact_id=contact and str(contact))
    return fact(uuid5(ORG, f"purchase {number}"), 1, event)


def issued(facts: Sequence[Fact[Any]]) -> list[tuple[UUID, UUID]]:
    """Which purchases become whose."""
    known: dict[str, Known] = {}
    found = []
    for one in facts:
        for key in ATTRIBUTE_PURCHASE.keys(one, digest):
            before = known.get(key, Known())
            known[key] = ATTRIBUTE_PURCHASE.fold(before, one)
            for issue in ATTRIBUTE_PURCHASE.react(before, known[key], one):
                assert isinstance(issue.command, AttributePurchase)
                found.append((issue.stream_id, issue.command.contact_id))
    return found


def test_a_purchase_waits_until_its_identifier_is_known() -> None:
    facts = [bought(1), bought(2), added(ANNA), bought(3)]
    assert issued(facts) == [(purchase.envelope.stream_id, ANNA) for purchase in (*facts[:2], facts[3])]


def test_a_purchase_that_names_its_contact_touches_no_memory() -> None:
    assert not ATTRIBUTE_PURCHASE.keys(bought(1, contact=ANNA), digest)
    assert not ATTRIBUTE_PURCHASE.keys(bought(1, card=None), digest)


def test_an_erased_persons_identifier_is_unknown() -> None:
    event = IdentifierAdded(contact_id=ANNA, kind=IdentifierKind.LOYALTY_CARD)
    assert not ATTRIBUTE_PURCHASE.keys(fact(ANNA, 1, event), digest)


def test_a_removed_identifier_is_nobodys_until_another_contact_has_it() -> None:
    facts = [added(ANNA), removed(ANNA), bought(1), added(BERT, second=2), bought(2)]
    assert [contact for _, contact in issued(facts)] == [BERT, BERT]


def test_the_contact_that_was_given_it_last_has_it_when_facts_overtake_each_other() -> None:
    late = [added(BERT, second=2), added(ANNA), removed(ANNA), bought(1)]
    assert [contact for _, contact in issued(late)] == [BERT]


def test_the_key_of_a_purchase_is_the_key_of_its_identifier() -> None:
    (purchase,) = recorded(
        line(), identifier={"kind": "loyalty-card", "digest": digest("loyalty-card", CARD)}
    )
    assert isinstance(purchase, PurchaseRecorded)
    assert isinstance(purchase.identifier, IdentifierDigest)
    assert list(ATTRIBUTE_PURCHASE.keys(fact(ANNA, 1, purchase), digest)) == list(
        ATTRIBUTE_PURCHASE.keys(added(ANNA), digest)
    )


FACTS = [added(ANNA), added(BERT, OTHER), *map(bought, range(4)), *(bought(n, OTHER) for n in range(4, 7))]


@given(st.permutations(FACTS))
@settings(max_examples=200)
def test_in_every_order_each_purchase_is_attributed_once(facts: list[Fact[Any]]) -> None:
    owners = {digest("loyalty-card", CARD): ANNA, digest("loyalty-card", OTHER): BERT}
    expected = {
        one.envelope.stream_id: owners[one.event.identifier.digest]
        for one in FACTS
        if isinstance(one.event, PurchaseRecorded) and one.event.identifier
    }
    found = issued(facts)
    assert len(found) == len(expected)
    assert dict(found) == expected
