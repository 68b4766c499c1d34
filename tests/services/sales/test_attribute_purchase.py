"""Whichever fact comes first, a purchase is attributed once to the contact that holds its identifier."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.commands import Command
from kernel.log.facts import Event, service_of
from kernel.log.partitions import partition_of
from kernel.reaction.folding import fold, steps, touched
from kernel.view.arrivals import Arrival
from kernel.view.fact import Fact
from lib.identifiers import IdentifierDigest, IdentifierKind
from services.contacts.events import ContactClosed, ContactReopened, IdentifierAdded, IdentifierRemoved
from services.contacts.events.contact import ClosingReason
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


def closed(contact: UUID, version: int = 3, second: int = 1) -> Fact[Any]:
    return fact(contact, version, ContactClosed(contact_id=contact, reason=ClosingReason.OTHER), second)


def reopened(contact: UUID, version: int = 4, second: int = 2) -> Fact[Any]:
    return fact(contact, version, ContactReopened(contact_id=contact), second)


def bought(number: int, card: str | None = CARD, contact: UUID | None = None) -> Fact[Any]:
    identifier = {"kind": "loyalty-card", "digest": digest("loyalty-card", card)} if card else None
    (event,) = recorded(line(), identifier=identifier, contact_id=contact and str(contact))
    return fact(uuid5(ORG, f"purchase {number}"), 1, event)


def issued(facts: Sequence[Fact[Any]]) -> list[tuple[UUID, UUID]]:
    """Which purchases become whose, as the kernel folds it."""
    arrivals = [Arrival(one.service, 1, one.partition, 0, b"", one.envelope, fact=one) for one in facts]
    found = steps(ATTRIBUTE_PURCHASE, arrivals, lambda _org, kind, value: bytes.fromhex(digest(kind, value)))
    memories = dict.fromkeys(touched(ATTRIBUTE_PURCHASE, found, {}), Known())
    folded = fold(ATTRIBUTE_PURCHASE, found, memories, {}, set(), lambda _arrival: True)
    assert not folded.parked
    return [(one.issue.stream_id, owner(one.issue.command)) for one in folded.decided]


def owner(command: Command) -> UUID:
    assert isinstance(command, AttributePurchase)
    return command.contact_id


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


def test_a_closed_contacts_identifiers_are_nobodys_until_it_is_reopened() -> None:
    facts = [added(ANNA), added(ANNA, OTHER, version=2), closed(ANNA), bought(1), bought(2, OTHER)]
    assert issued(facts) == []
    assert [contact for _, contact in issued([*facts, reopened(ANNA), bought(3)])] == [ANNA] * 3


def test_who_is_reopened_takes_its_identifier_again_from_who_closed_meanwhile() -> None:
    annas = [added(ANNA), closed(ANNA, second=1), reopened(ANNA, second=4)]
    berts = [added(BERT, second=2), closed(BERT, version=2, second=3)]
    for facts in ([*annas[:2], *berts, annas[2]], [*annas, *berts], [*berts, *annas]):
        assert [contact for _, contact in issued([*facts, bought(1)])] == [ANNA]


def test_closing_a_former_holder_takes_nothing_from_the_present_one() -> None:
    facts = [added(ANNA), closed(ANNA), added(BERT, second=2), bought(1)]
    late = [added(ANNA), added(BERT, second=2), closed(ANNA), bought(1)]
    assert [contact for _, contact in issued(facts) + issued(late)] == [BERT, BERT]


def test_what_was_removed_before_is_not_taken_again() -> None:
    facts = [added(ANNA), removed(ANNA), closed(ANNA), reopened(ANNA), bought(1)]
    assert issued(facts) == []


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
