"""Merging: nothing is rewritten, no chains, no cycles, and undoing brings everything back exactly."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.commands import Rejected
from services.contacts.commands import CloseContact, MergeContact, UnmergeContact
from services.contacts.decider import merging
from services.contacts.events import ContactsAbsorbed, ContactsReleased, CustomerJoined, CustomerLeft
from services.contacts.events.words import ContactKind
from tests.services.contacts.story import Town, rejected

M1, M2 = uuid4(), uuid4()


def town(*names: str):
    here = Town()
    return here, *(here.register(name) for name in names)


def test_merging_says_so_on_both_streams():
    here, anna, anni = town("Anna", "Anni")
    assert here.carry_out(MergeContact(other_id=anni, merge_id=M1), anna) == {
        anna: [ContactsAbsorbed(contact_id=anna, merge_id=M1, contacts=(anni,))],
        anni: [CustomerJoined(contact_id=anni, merge_id=M1, customer_id=anna, former_customer_id=anni)],
    }
    assert here.customers() == {anna: anna, anni: anna}


def test_unmerging_says_so_on_both_streams():
    here, anna, anni = town("Anna", "Anni")
    here.carry_out(MergeContact(other_id=anni, merge_id=M1), anna)
    assert here.carry_out(UnmergeContact(merge_id=M1), anni) == {
        anna: [ContactsReleased(contact_id=anna, merge_id=M1, contacts=(anni,))],
        anni: [CustomerLeft(contact_id=anni, merge_id=M1, customer_id=anni, left_customer_id=anna)],
    }
    assert here.customers() == {anna: anna, anni: anni}
    assert here.carry_out(UnmergeContact(merge_id=M1), anna) == {}


def test_the_contacts_of_the_other_customer_come_along_without_a_chain():
    here, a, b, c, d = town("a", "b", "c", "d")
    here.carry_out(MergeContact(other_id=b), a)
    here.carry_out(MergeContact(other_id=d), c)
    here.carry_out(MergeContact(other_id=b), d)  # by any contact of either customer
    assert set(here.customers().values()) == {c}


def test_one_customer_already_is_nothing_to_do():
    here, a, b = town("a", "b")
    assert here.carry_out(MergeContact(other_id=a), a) == {}
    here.carry_out(MergeContact(other_id=b), a)
    assert here.carry_out(MergeContact(other_id=b), a) == {}
    assert here.carry_out(MergeContact(other_id=a), b) == {}


def test_what_a_later_merge_builds_on_is_not_undone():
    here, a, b, c = town("a", "b", "c")
    here.carry_out(MergeContact(other_id=b, merge_id=M1), a)
    here.carry_out(MergeContact(other_id=a, merge_id=M2), c)
    for contact in (a, b):
        with rejected("merge-built-upon"):
            here.carry_out(UnmergeContact(merge_id=M1), contact)
    here.carry_out(UnmergeContact(merge_id=M2), b)
    assert here.customers() == {a: a, b: a, c: c}
    here.carry_out(UnmergeContact(merge_id=M1), b)
    assert here.customers() == {a: a, b: b, c: c}


def test_an_earlier_merge_of_one_customer_can_be_undone_while_others_stand():
    here, a, b, c = town("a", "b", "c")
    here.carry_out(MergeContact(other_id=b, merge_id=M1), a)
    here.carry_out(MergeContact(other_id=c, merge_id=M2), a)
    here.carry_out(UnmergeContact(merge_id=M1), a)
    assert here.customers() == {a: a, b: b, c: a}


def test_every_merge_has_a_name_of_its_own():
    here, a, b, c = town("a", "b", "c")
    names = set()
    for other in (b, c, b):
        decided = here.carry_out(MergeContact(other_id=other), a)
        (absorbed,) = decided[a]
        names.add(absorbed.merge_id)
        here.carry_out(UnmergeContact(merge_id=absorbed.merge_id), a)
    assert len(names) == 3
    here.carry_out(MergeContact(other_id=b, merge_id=M1), a)
    with rejected("merge-id-taken"):
        here.carry_out(MergeContact(other_id=c, merge_id=M1), a)


def test_what_cannot_be_one_customer():
    here, a, b = town("a", "b")
    firm = here.register("Firm", ContactKind.COMPANY)
    with rejected("kinds-differ"):
        here.carry_out(MergeContact(other_id=firm), a)
    with rejected("contact-unknown"):
        here.carry_out(MergeContact(other_id=uuid4()), a)
    here.carry_out(CloseContact(reason="duplicate"), b)
    for one, other in ((a, b), (b, a)):
        with rejected("contact-closed"):
            here.carry_out(MergeContact(other_id=other), one)


def test_a_customer_has_not_any_number_of_contacts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(merging, "MOST_CONTACTS", 3)
    here, a, b, c, d = town("a", "b", "c", "d")
    here.carry_out(MergeContact(other_id=b), a)
    here.carry_out(MergeContact(other_id=d), c)
    with rejected("customer-too-large"):
        here.carry_out(MergeContact(other_id=c), a)


NAMES = [f"c{n}" for n in range(7)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.sampled_from(range(7)), st.sampled_from(range(7))),
        st.tuples(st.just("undo"), st.integers(0, 20), st.sampled_from(range(7))),
    ),
    max_size=25,
)


def undone(here: Town, merge_id: UUID, contact: UUID) -> bool:
    try:
        here.carry_out(UnmergeContact(merge_id=merge_id), contact)
    except Rejected as refusal:
        return refusal.code != "merge-built-upon"
    return True


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_any_merges_and_unmerges_leave_customers_without_chains_that_agree_on_their_contacts(steps):
    here = Town()
    ids = [here.register(name) for name in NAMES]
    merges: list[UUID] = []
    for step, first, second in steps:
        before = here.customers()
        if step == "merge":
            decided = here.carry_out(MergeContact(other_id=ids[second]), ids[first])
            merges += [event.merge_id for events in decided.values() for event in events][:1]
        elif merges and not undone(here, merges[first % len(merges)], ids[second]):
            assert here.customers() == before
        customers = here.customers()
        for contact, customer in customers.items():
            assert customers[customer] == customer, "a chain"
            if customer == contact:
                others = {
                    other for other, theirs in customers.items() if theirs == contact and other != contact
                }
                assert set(here.contacts[contact].absorbed) == others
                assert len(here.contacts[contact].absorbed) == len(others)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(range(7)), st.sampled_from(range(7))), max_size=12))
def test_undoing_all_merges_from_the_last_brings_everything_back_exactly(pairs):
    here = Town()
    ids = [here.register(name) for name in NAMES]
    stood = []
    for first, second in pairs:
        before = {
            contact: (state.customer, state.joins, state.merges) for contact, state in here.contacts.items()
        }
        if decided := here.carry_out(MergeContact(other_id=ids[second]), ids[first]):
            survivor, (absorbed,) = next(iter(decided.items()))
            stood.append((survivor, absorbed.merge_id, before))
    for survivor, merge_id, before in reversed(stood):
        here.carry_out(UnmergeContact(merge_id=merge_id), survivor)
        now = {
            contact: (state.customer, state.joins, state.merges) for contact, state in here.contacts.items()
        }
        assert now == before
