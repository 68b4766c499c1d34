"""Merges that meet, in two processes on one database: the second decides again, and nobody is lost."""

import asyncio
from random import Random
from uuid import UUID, uuid4

import pytest

from kernel.handling import Answer
from kernel.web.problems import Problem
from services.contacts.commands import CorrectName, MergeContact, UnmergeContact
from services.contacts.events.words import Name
from tests.services.contacts.conftest import Office


async def customers(office: Office, contacts: list[UUID]) -> dict[UUID, UUID]:
    """Everyone's customer, after a look for chains and for disagreement."""
    states = {contact: await office.contact(contact) for contact in contacts}
    found = {contact: state.customer for contact, state in states.items()}
    for contact, customer in found.items():
        assert found[customer] == customer, "a chain"
        if customer == contact:
            others = {other for other, theirs in found.items() if theirs == contact} - {contact}
            assert set(states[contact].absorbed) == others
    return found


async def test_two_who_absorb_each_other_end_as_one_customer(office: Office):
    for _ in range(5):
        anna, anni = [await office.register(name) for name in ("Anna", "Anni")]
        await asyncio.gather(
            office.outcome(MergeContact(other_id=anni, merge_id=uuid4()), anna, 0),
            office.outcome(MergeContact(other_id=anna, merge_id=uuid4()), anni, 1),
        )
        assert len(set((await customers(office, [anna, anni])).values())) == 1


async def test_a_chain_is_not_made_by_two_merges_that_meet(office: Office):
    for _ in range(5):
        a, b, c = [await office.register(name) for name in "abc"]
        outcomes = await asyncio.gather(
            office.outcome(MergeContact(other_id=b, merge_id=uuid4()), a, 0),
            office.outcome(MergeContact(other_id=a, merge_id=uuid4()), c, 1),
        )
        assert all(isinstance(outcome, Answer) for outcome in outcomes)
        assert set((await customers(office, [a, b, c])).values()) == {c}


@pytest.mark.parametrize("seed", range(3))
async def test_many_merges_unmerges_and_changes_at_once(office: Office, seed: int):
    random = Random(seed)
    contacts = [await office.register(str(n)) for n in range(8)]
    merges: list[tuple[UUID, UUID]] = []

    async def work(worker: int) -> None:
        process = worker % 2
        for n in range(12):
            one, other = random.sample(contacts, 2)
            wish = MergeContact(other_id=other, merge_id=UUID(int=seed << 64 | worker << 32 | n))
            outcome = await office.outcome(wish, one, process)
            if isinstance(outcome, Answer) and outcome.events:
                merges.append((one, wish.merge_id))
            if merges and random.random() < 0.4:
                where, merge_id = random.choice(merges)
                await office.outcome(UnmergeContact(merge_id=merge_id), where, process)
            outcome = await office.outcome(CorrectName(name=Name(given=str(n))), one, process)
            assert isinstance(outcome, Answer) or outcome.code == "conflict"

    await asyncio.gather(*(work(n) for n in range(4)))
    assert len(await customers(office, contacts)) == len(contacts)


async def test_unmerging_brings_both_back(office: Office):
    anna, anni = [await office.register(name) for name in ("Anna", "Anni")]
    before = await customers(office, [anna, anni])
    merge_id = UUID(int=7)
    await office.ask(MergeContact(other_id=anni, merge_id=merge_id), anna, 0)
    assert (await office.ask(UnmergeContact(merge_id=merge_id), anni, 1)).kind == "changed"
    assert await customers(office, [anna, anni]) == before


async def test_a_foreign_contact_is_as_unknown_as_any_other(office: Office):
    anna = await office.register("Anna")
    home, office.org_id = office.org_id, UUID(int=1)
    stranger = await office.register("Stranger")
    office.org_id = home
    outcomes = [
        await office.outcome(MergeContact(other_id=other, merge_id=uuid4()), anna)
        for other in (stranger, UUID(int=2))
    ]
    codes = [outcome.code for outcome in outcomes if isinstance(outcome, Problem)]
    assert codes == ["contact-unknown"] * 2
