"""Whichever fact comes first, a purchase is attributed once to the contact that holds its identifier."""

from __future__ import annotations

from lib.identifiers import IdentifierDigest, IdentifierKind
from services.contacts.events import IdentifierAdded
from services.sales.events import PurchaseRecorded
from services.sales.reactions import ATTRIBUTE_PURCHASE
from tests.services.sales.deciding import ANNA, BERT, line, recorded
from tests.services.sales.reacting import (
    CARD,
    OTHER,
    added,
    bought,
    closed,
    digest,
    fact,
    issued,
    removed,
    reopened,
)


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
