"""Merging: nothing is rewritten, no chains, no cycles, and undoing brings everything back exactly."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.commands import Command, Rejected
from services.contacts.commands import CloseContact, MergeContact, UnmergeContact
from services.contacts.decider import merging
from services.contacts.events import ContactsAbsorbed, ContactsReleased, CustomerJoined, CustomerLeft
from services.contacts.events.words import ContactKind
from tests.services.contacts.story import Town, rejected

M1, M2 = uuid4(), uuid4()


def absorb(other: UUID) -> MergeContact:
    """A merge under a name that nobody else gives."""
    return MergeContact(other_id=other, merge_id=uuid4())


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
    here.carry_out(absorb(b), a)
    here.carry_out(absorb(d), c)
    here.carry_out(absorb(b), d)  # by any contact of either customer
    assert set(here.customers().values()) == {c}


def test_one_customer_already_is_nothing_to_do():
    here, a, b = town("a", "b")
    assert here.carry_out(absorb(a), a) == {}
    here.carry_out(absorb(b), a)
    assert here.carry_out(absorb(b), a) == {}
    assert here.carry_out(absorb(a), b) == {}


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


@pytest.mark.parametrize("who", ["a", "b", "c"])
def test_a_name_that_one_of_the_contacts_knows_is_taken_also_when_it_is_undone(who: str):
    here, a, b, c, d = town("a", "b", "c", "d")
    knowing = {"a": a, "b": b, "c": c}[who]
    here.carry_out(MergeContact(other_id=d, merge_id=M1), knowing)
    here.carry_out(UnmergeContact(merge_id=M1), knowing)
    here.carry_out(absorb(c), b)
    with rejected("merge-id-taken"):
        here.carry_out(MergeContact(other_id=b, merge_id=M1), a)
    here.carry_out(MergeContact(other_id=b, merge_id=M2), a)


def test_a_contact_is_brought_twice_under_two_names():
    here, a, b, c = town("a", "b", "c")
    here.carry_out(MergeContact(other_id=c, merge_id=M1), b)
    with rejected("merge-id-taken"):
        here.carry_out(MergeContact(other_id=b, merge_id=M1), a)


def test_the_merge_that_is_undone_is_the_one_that_concerned_the_contact():
    here, a, b, d, e = town("a", "b", "d", "e")
    here.carry_out(MergeContact(other_id=b, merge_id=M1), a)
    here.carry_out(MergeContact(other_id=e, merge_id=M1), d)  # strangers may use the same name
    here.carry_out(MergeContact(other_id=d, merge_id=M2), a)
    for contact in (d, e):
        with rejected("merge-built-upon"):
            here.carry_out(UnmergeContact(merge_id=M1), contact)
    here.carry_out(UnmergeContact(merge_id=M1), b)
    assert here.customers() == {a: a, b: b, d: a, e: a}
    here.carry_out(UnmergeContact(merge_id=M2), e)
    here.carry_out(UnmergeContact(merge_id=M1), e)
    assert here.customers() == {a: a, b: b, d: d, e: e}


def test_a_merge_is_undone_once_and_an_unknown_one_never():
    here, a, b, c = town("a", "b", "c")
    here.carry_out(MergeContact(other_id=b, merge_id=M1), a)
    for contact, merge_id in ((a, M2), (c, M1)):
        with rejected("merge-unknown"):
            here.carry_out(UnmergeContact(merge_id=merge_id), contact)
    assert here.carry_out(UnmergeContact(merge_id=M1), b)
    for contact in (a, b):
        assert here.carry_out(UnmergeContact(merge_id=M1), contact) == {}


def test_what_cannot_be_one_customer():
    here, a, b = town("a", "b")
    firm = here.register("Firm", ContactKind.COMPANY)
    with rejected("kinds-differ"):
        here.carry_out(absorb(firm), a)
    with rejected("contact-unknown"):
        here.carry_out(absorb(uuid4()), a)
    here.carry_out(CloseContact(reason="duplicate"), b)
    for one, other in ((a, b), (b, a)):
        with rejected("contact-closed"):
            here.carry_out(absorb(other), one)


def test_a_closed_customer_is_not_merged_by_one_of_its_open_contacts():
    here, a, b, c = town("a", "b", "c")
    here.carry_out(absorb(b), a)
    here.carry_out(CloseContact(reason="gone"), a)
    for one, other in ((b, c), (c, b)):
        with rejected("contact-closed"):
            here.carry_out(absorb(other), one)


def test_a_customer_comes_along_with_its_closed_duplicate():
    here, a, b, c = town("a", "b", "c")
    here.carry_out(absorb(b), a)
    here.carry_out(CloseContact(reason="duplicate"), b)
    here.carry_out(absorb(a), c)
    assert set(here.customers().values()) == {c}


def test_a_customer_has_not_any_number_of_contacts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(merging, "MOST_CONTACTS", 3)
    here, a, b, c, d = town("a", "b", "c", "d")
    here.carry_out(absorb(b), a)
    here.carry_out(absorb(d), c)
    with rejected("customer-too-large"):
        here.carry_out(absorb(c), a)


NAMES = [f"c{n}" for n in range(7)]
STEPS = st.lists(
    st.tuples(st.sampled_from(["merge", "undo"]), st.integers(0, 6), st.integers(0, 6), st.integers(0, 3)),
    max_size=25,
)


def carried_out(here: Town, command: Command, contact: UUID) -> bool:
    """False: it was refused, or there was nothing to do."""
    try:
        return bool(here.carry_out(command, contact))
    except Rejected:
        return False


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_any_merges_and_unmerges_leave_customers_without_chains_that_agree_on_their_contacts(steps):
    here = Town()
    ids = [here.register(name) for name in NAMES]
    for step, first, second, name in steps:
        before = here.customers()
        wish = MergeContact(other_id=ids[second], merge_id=UUID(int=name))  # few names, often given twice
        if step == "undo":
            wish = UnmergeContact(merge_id=UUID(int=name))
        assert carried_out(here, wish, ids[first]) or here.customers() == before
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
        if decided := here.carry_out(absorb(ids[second]), ids[first]):
            survivor, (absorbed,) = next(iter(decided.items()))
            stood.append((survivor, absorbed.merge_id, before))
    for survivor, merge_id, before in reversed(stood):
        here.carry_out(UnmergeContact(merge_id=merge_id), survivor)
        now = {
            contact: (state.customer, state.joins, state.merges) for contact, state in here.contacts.items()
        }
        assert now == before
